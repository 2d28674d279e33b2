package server_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// option changes what a world is made of. A nil part changes nothing.
type option struct {
	hub    func(*localhub.Config)
	cloud  func(*localcloud.Config)
	server func(*server.Config)
	seams  func(*server.Seams)

	patience time.Duration // how much later than promised things may be because of the story's faults
}

// changed is a part of the world as the options want it.
func changed[T any](part T, options []option, change func(option) func(*T)) T {
	for _, o := range options {
		if change := change(o); change != nil {
			change(&part)
		}
	}
	return part
}

// jitRoute is the call to GitHub that stories let go wrong.
const jitRoute = "POST /repos/{owner}/{repo}/actions/runners/generate-jitconfig"

func hubFaults(faults localhub.Faults) option {
	return option{hub: func(c *localhub.Config) { c.Faults = &faults }}
}

func cloudFaults(faults localcloud.Faults) option {
	return option{cloud: func(c *localcloud.Config) { c.Faults = &faults }}
}

func config(change func(*server.Config)) option { return option{server: change} }

// seams puts something around a server's seams.
func seams(change func(*server.Seams)) option { return option{seams: change} }

// told keeps the alerts that people got.
type told struct {
	mu    sync.Mutex
	texts []string
}

func (a *told) Send(_ context.Context, text string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.texts = append(a.texts, text)
	return nil
}

// wantOne wants one alert, however often its reason was met.
func (a *told) wantOne(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.texts) != 1 {
		t.Errorf("alerts: got %q, want one", a.texts)
	}
}

// alerting keeps the alerts of a story.
func alerting(to *told) option { return seams(func(s *server.Seams) { s.Alerts = to }) }

// patient lets things be later than promised, because of the story's faults.
func patient(by time.Duration) option { return option{patience: by} }

// deliver makes webhooks meet a fate; where it gives false they are as they should be.
func deliver(fate func(localhub.Webhook) ([]localhub.Fate, bool)) option {
	return hubFaults(localhub.Faults{Deliver: func(webhook localhub.Webhook) []localhub.Fate {
		if fates, strikes := fate(webhook); strikes {
			return fates
		}
		return []localhub.Fate{{}}
	}})
}

// losing loses the webhooks of some actions.
func losing(actions ...string) option {
	return deliver(func(webhook localhub.Webhook) ([]localhub.Fate, bool) {
		return nil, slices.Contains(actions, webhook.Action)
	})
}

// fates makes the first instances meet these fates, in the order of their launch.
func fates(first ...localcloud.Fate) option {
	return cloudFaults(localcloud.Faults{Fate: func(runner.Instance) localcloud.Fate {
		if len(first) == 0 {
			return localcloud.Fate{}
		}
		next := first[0]
		first = first[1:]
		return next
	}})
}

// requests writes down every fleet call's request, and has the first of them meet troubles.
type requests struct {
	troubles []localcloud.Trouble

	mu  sync.Mutex
	all []runner.LaunchRequest
	at  []time.Time
}

func (r *requests) option() option {
	return cloudFaults(localcloud.Faults{Call: func(call localcloud.Call) localcloud.Trouble {
		if call.Operation != localcloud.CreateFleet {
			return localcloud.Trouble{}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all, r.at = append(r.all, *call.Launch), append(r.at, time.Now())
		if len(r.all) > len(r.troubles) {
			return localcloud.Trouble{}
		}
		return r.troubles[len(r.all)-1]
	}})
}

// counts is how many instances each call asked for.
func (r *requests) counts() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := make([]int, len(r.all))
	for i, request := range r.all {
		counts[i] = request.Count
	}
	return counts
}

// queueIn makes GitHub queue one job in a repository, and is its id.
func (w *world) queueIn(repository, label string, steps ...localhub.Step) (id int64) {
	return w.hub.Queue(repository, localhub.Job{Name: "a job", Workflow: "CI", Labels: []string{label}, Steps: steps})
}

// forked is a job whose code is of a fork, unless that has no name.
func forked(label, fork string) localhub.Job {
	return localhub.Job{Name: "a job", Workflow: "CI", RunID: 5, Labels: []string{label}, Fork: fork}
}

// entry is what GitHub has of a job.
func (w *world) entry(id int64) localhub.JobEntry {
	w.t.Helper()
	entry, found := w.hub.Books().Job(id)
	if !found {
		w.t.Fatalf("GitHub has no job %d", id)
	}
	return entry
}

// wantSucceeded wants so many jobs to have ended well, and that these are all.
func (w *world) wantSucceeded(jobs int) {
	w.t.Helper()
	books := w.hub.Books()
	if got := books.Concluded(localhub.Success); got != jobs || len(books.Jobs) != jobs {
		w.t.Errorf("%d of %d jobs succeeded, want %d of %d", got, len(books.Jobs), jobs, jobs)
	}
}

func (w *world) wantLaunched(instances int) {
	w.t.Helper()
	if got := w.cloud.Books().Launched; got != instances {
		w.t.Errorf("%d instances were launched, want %d", got, instances)
	}
}

// only is the only instance there is, in the cloud's books.
func (w *world) only() localcloud.InstanceEntry {
	w.t.Helper()
	all := w.cloud.Instances()
	if len(all) != 1 {
		w.t.Fatalf("there are %d instances, want one", len(all))
	}
	return all[0]
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, rest := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(rest), at, n-1))
		}
	}
	return all
}

func TestPermutationsAreAllOrders(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range permutations(3) {
		seen[string([]byte{byte('0' + p[0]), byte('0' + p[1]), byte('0' + p[2])})] = true
	}
	if len(seen) != 6 {
		t.Errorf("there are %d orders of three things, want 6", len(seen))
	}
}

// busySeen notes that GitHub would not remove a runner, because it is busy.
type busySeen struct {
	server.GitHub
	seen *bool
}

func (g busySeen) Remove(ctx context.Context, app int64, scope runner.Scope, id int64) error {
	err := g.GitHub.Remove(ctx, app, scope, id)
	if errors.Is(err, runner.ErrBusy) {
		*g.seen = true
	}
	return err
}
