package server_test

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

const runRoute = "GET /repos/{owner}/{repo}/actions/runs/{run}"

// Whose code gets runners: by default that of private repositories, and no fork's.
func TestWhoseCodeGetsRunners(t *testing.T) {
	for what, test := range map[string]struct {
		shared, public bool
		fork           string
		allow          func(*server.Config)
		refused        runner.Reason // none: it runs
		asked          int           // runs that GitHub was asked for
	}{
		"private":                         {},
		"private, may be forked, its own": {shared: true, asked: 1},
		"private, a member's fork":        {shared: true, fork: "member/repo", refused: runner.Fork(repository), asked: 1},
		"forks are allowed":               {shared: true, fork: "member/repo", allow: func(c *server.Config) { c.AllowForks = true }},
		"public":                          {shared: true, public: true, refused: runner.PublicRepository(repository)},
		"public is allowed, its own":      {shared: true, public: true, allow: func(c *server.Config) { c.AllowPublic = true }, asked: 1},
		"public is allowed, a fork": {
			shared: true, public: true, fork: "stranger/repo", allow: func(c *server.Config) { c.AllowPublic = true },
			refused: runner.Fork(repository), asked: 1,
		},
		"all is allowed": {shared: true, public: true, fork: "stranger/repo", allow: func(c *server.Config) { c.AllowPublic, c.AllowForks = true, true }},
	} {
		t.Run(what, func(t *testing.T) {
			allow := test.allow
			if allow == nil {
				allow = func(*server.Config) {}
			}
			story(t, func(t *testing.T, w *world) {
				if test.shared {
					w.hub.Share(repository, test.public)
				}
				w.run()
				time.Sleep(time.Second) // the first sweep would find the jobs before their webhooks do
				var ids []int64
				for range 3 { // one run: GitHub is asked once
					ids = append(ids, w.hub.Queue(repository, forked(small, test.fork)))
				}
				time.Sleep(5 * time.Second)
				for _, id := range ids {
					if job := w.job(id); (job.State == runner.JobRefused) != (test.refused != runner.NoReason()) || job.State == runner.JobRefused && job.Reason != test.refused {
						t.Errorf("it is %s, told %q, want refused: %q", job.State, job.Reason, test.refused)
					}
				}
				if got := w.hub.Books().Calls[runRoute]; got != test.asked {
					t.Errorf("GitHub was asked for %d runs, want %d", got, test.asked)
				}
				if test.refused != runner.NoReason() {
					if launched := w.cloud.Books().Launched; launched != 0 {
						t.Errorf("%d instances were launched for a job that is refused", launched)
					}
					for _, id := range ids {
						w.hub.Cancel(id)
					}
				}
				w.settle(time.Minute)
			}, config(allow))
		})
	}
}

// Until GitHub says where its code comes from, a job waits, and is told for what.
func TestAJobOfUnknownOriginWaitsForGitHub(t *testing.T) {
	silent := &limited{during: time.Minute, fault: localhub.APIBadGateway, meant: func(call localhub.Call) bool { return call.Route == runRoute }}
	story(t, func(t *testing.T, w *world) {
		w.hub.Share(repository, false)
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(50 * time.Second)
		if job := w.job(id); job.State != runner.JobQueued || job.Reason != runner.Asking() || w.cloud.Books().Launched != 0 {
			t.Errorf("it is %s, told %q, with %d instances launched, want it to wait for GitHub's word", job.State, job.Reason, w.cloud.Books().Launched)
		}
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	}, silent.option(0), patient(2*time.Minute))
	if silent.calls > 5 {
		t.Errorf("GitHub was asked %d times within a minute in which it did not answer", silent.calls)
	}
}
