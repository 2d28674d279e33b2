package server_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

const (
	loginKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop alice" // of a seed of 32 zeroes
	loginHash = "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo"

	open = small + "/ssh=true"
)

// letsIn is a stack on whose instances one person may log in.
func letsIn(c *server.Config) { c.Policy.SSH, c.SSHKeys = true, []string{loginKey} }

// reader reads the assignments that a server writes.
type reader struct {
	server.Objects
	mu  sync.Mutex
	all []assignment.Assignment
}

func (r *reader) Put(ctx context.Context, key string, body []byte) error {
	_, rest, _ := strings.Cut(key, ":")
	instance, _, _ := strings.Cut(rest, "/")
	a, err := assignment.Decode(body, instance)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, a)
	return r.Objects.Put(ctx, key, body)
}

// reading keeps the assignments of a story.
func reading(r *reader) option {
	return seams(func(s *server.Seams) { r.Objects = s.Objects; s.Objects = r })
}

func TestAJobThatAsksLetsPeopleInAndNoOtherDoes(t *testing.T) {
	var read reader
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, open)
		w.queueJobs(1, small)
		w.settle(time.Minute)
		w.wantSucceeded(2)
		var opened []string
		for _, a := range read.all {
			if a.Organisation != "octo" {
				t.Errorf("%s: the organisation is %q, want octo", a.Instance, a.Organisation)
			}
			if len(a.SSHKeys) == 0 {
				continue
			}
			opened = append(opened, a.Instance)
			if !slices.Equal(a.SSHKeys, []string{loginKey}) || a.SSHBy != "the stack prod, for the label ssh=true" {
				t.Errorf("%s: got keys %q by %q", a.Instance, a.SSHKeys, a.SSHBy)
			}
		}
		if len(read.all) != 2 || len(opened) != 1 {
			t.Fatalf("%d of %d instances let people in, want one of two", len(opened), len(read.all))
		}
		told := auditOf(w.log.String())["runner/"+opened[0]+"/login"]
		if told.Repository != repository || told.Instance != opened[0] || !slices.Equal(told.SSHKeys, []string{loginHash}) {
			t.Errorf("the audit tells %+v, want the instance, and whose keys by their fingerprints", told)
		}
	}, config(letsIn), reading(&read))
}

// Whoever else gets runners: nobody logs in beside code that a stranger may have written.
func TestBesideAStrangersCodeNobodyLogsIn(t *testing.T) {
	for what, test := range map[string]struct {
		public  bool
		fork    string
		refused string // none: it runs
	}{
		"private":         {},
		"public":          {public: true, refused: "octo/repo is public"},
		"a member's fork": {fork: "member/repo", refused: "its code is of a fork of octo/repo"},
	} {
		t.Run(what, func(t *testing.T) {
			var read reader
			story(t, func(t *testing.T, w *world) {
				w.hub.Share(repository, test.public)
				w.run()
				time.Sleep(time.Second) // the first sweep would find the jobs before their webhooks do
				id := w.hub.Queue(repository, forked(open, test.fork))
				time.Sleep(10 * time.Second)
				job := w.job(id)
				if refused := job.State == runner.JobRefused; refused != (test.refused != "") || !strings.Contains(job.Reason.String(), test.refused) {
					t.Errorf("it is %s, told %q, want refused: %q", job.State, job.Reason, test.refused)
				}
				if test.refused != "" {
					w.wantLaunched(0)
					w.hub.Cancel(id)
				}
				w.settle(time.Minute)
				if want := test.refused == ""; want != slices.ContainsFunc(read.all, func(a assignment.Assignment) bool { return len(a.SSHKeys) > 0 }) {
					t.Errorf("somebody was let in: got %v, want %v", !want, want)
				}
			}, config(letsIn), config(func(c *server.Config) { c.AllowPublic, c.AllowForks = true, true }), reading(&read))
		})
	}
}

// A stack that allows no logins refuses who asks, also if there are keys.
func TestWithoutTheStacksLeaveNobodyLogsIn(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, open)
		time.Sleep(10 * time.Second)
		want := runner.NotAllowed("ssh=true", "the stack does not allow SSH: remove it, or have Policy.SSH set")
		if job := w.job(id); job.State != runner.JobRefused || job.Reason != want {
			t.Errorf("it is %s, told %q, want refused: %q", job.State, job.Reason, want)
		}
		w.hub.Cancel(id)
		w.settle(time.Minute)
		w.wantLaunched(0)
	}, config(letsIn), config(func(c *server.Config) { c.Policy.SSH = false }))
}

func TestWhoMayLogInIsCheckedAtTheStart(t *testing.T) {
	for want, change := range map[string]func(*server.Config){
		"Policy.SSH is set and SSHKeys is empty: set it to the public keys": func(c *server.Config) { c.Policy.SSH = true },
		"SSHKeys, key 2: it does not begin with a type of public keys":      func(c *server.Config) { c.SSHKeys = []string{loginKey, "no-pty " + loginKey} },
		"SSHKeys: there are 33 keys, at most 32 are allowed":                func(c *server.Config) { c.SSHKeys = slices.Repeat([]string{loginKey}, 33) },
		"together, at most 32768 are allowed": func(c *server.Config) {
			c.SSHKeys = slices.Repeat([]string{loginKey + strings.Repeat("x", 7<<10)}, 5)
		},
	} {
		var c server.Config
		change(&c)
		if _, err := server.New(c, server.Seams{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}
