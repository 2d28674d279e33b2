package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/record"
)

// S21: EC2 launched, and nobody wrote that down. The same call again finds what there is, once EC2
// shows it: within two minutes.
func TestAServerThatDiesBetweenALaunchAndItsRecordLaunchesNothingTwice(t *testing.T) {
	after := 0
	story(t, func(_ *testing.T, w *world) {
		w.queueJobs(3, small)
		w.delivered(3)
		f := newFence(0, false)
		w.runUntilDead(f)
		after = 1 + slices.Index(f.effects, "launch")
		w.run()
		w.settle(time.Minute)
	})
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(3, small)
		w.delivered(3)
		w.runUntilDead(newFence(after, true))
		if launched := w.cloud.Books().Launched; launched != 3 || len(w.unfinished().Runners) != 0 {
			t.Fatalf("%d were launched, the record knows of %d: want 3 and none", launched, len(w.unfinished().Runners))
		}
		w.run()
		w.settle(3 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	})
}

// The record is emptied at some moment of a job's life. Jobs are found by reading them, runners are
// taken back from GitHub's list, and the rest is ended after five minutes. Fifteen in all.
func TestARecordThatWasEmptiedLosesNothingAndLeavesNothing(t *testing.T) {
	for _, at := range []time.Duration{0, 500 * time.Millisecond, 2 * time.Second, 9 * time.Second, 15 * time.Second, 28 * time.Second} {
		t.Run(fmt.Sprint("after ", at), func(t *testing.T) {
			story(t, func(_ *testing.T, w *world) {
				stop := w.run()
				w.queueJobs(4, small)
				time.Sleep(at)
				stop()
				w.forget()
				w.settle(15 * time.Minute)
				w.wantSucceeded(4)
				time.Sleep(15 * time.Minute)
				w.wantNoRunners()
			})
		})
	}
}

// forget runs a server on an empty record, with the same queue, cloud and GitHub.
func (w *world) forget() {
	w.t.Helper()
	w.record.mu.Lock()
	w.record.Memory = record.NewMemory()
	for key, item := range w.record.items {
		if launch, isLaunch := item.(runner.Launch); isLaunch { // what EC2 was asked for stays so
			launch.State = runner.LaunchClosed
			w.record.items[key] = launch
		} else {
			delete(w.record.items, key)
		}
	}
	w.record.mu.Unlock()
	w.runServer(w.another("after"))
}

// S23: runs, jobs and runners of more than a page of GitHub's, which has 100. The jobs are found by
// reading them; then, while they run, the record is emptied: a runner that is not seen on its page
// would be ended after five minutes. Half an hour, for their 20 min and what GitHub's budget takes.
func TestEveryPageIsRead(t *testing.T) {
	const many = 120
	story(t, func(_ *testing.T, w *world) {
		stop := w.run()
		time.Sleep(10 * time.Second)
		for n := range 2 * many {
			job := localhub.Job{
				Name: fmt.Sprint("job ", n), Workflow: "CI", Labels: []string{small}, Steps: []localhub.Step{{Run: "sleep 20m"}},
			}
			if n >= many {
				job.RunID = 1 // and so 120 of one run
			}
			w.hub.Queue(repository, job)
		}
		for w.running() < 2*many {
			<-w.hub.Changed()
		}
		stop()
		w.forget()
		w.settle(40 * time.Minute)
		w.wantSucceeded(2 * many)
		w.wantLaunched(2 * many)
	}, losing("queued", "in_progress"), config(func(c *server.Config) { c.MaxRunners = 2 * many }))
}

// running is how many jobs are in progress.
func (w *world) running() (count int) {
	for _, entry := range w.hub.Books().Jobs {
		if entry.State == localhub.InProgress {
			count++
		}
	}
	return count
}

// widget is an item that a release to come may have.
type widget struct {
	Size int `json:"size"`
}

func (widget) Key() string { return "widget/1" }
func (widget) Live() bool  { return true }

// A newer release was here, and was rolled back.
func TestARecordOfANewerReleaseStopsNothingAndIsLeftAsItIs(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		lease, err := w.record.Acquire(t.Context(), "newer", time.Minute)
		check(t, err)
		check(t, w.record.Memory.Commit(t.Context(), lease, widget{Size: 3}))
		check(t, w.record.Memory.Release(t.Context(), lease))
		w.run()
		w.queueJobs(2, small)
		w.settle(time.Minute)
		w.wantSucceeded(2)
		if left, err := w.record.Get(t.Context(), widget{}.Key()); err != nil || len(left) != 1 {
			t.Errorf("the newer release's item: got %v, %v, want it as it was", left, err)
		}
		if !strings.Contains(w.log.String(), "of a kind that this release does not know") {
			t.Error("the log does not tell of the item that is not known")
		}
		if page := scrape(t, w.server.Handler(), "Bearer "+metricsKey).Body.String(); !strings.Contains(page, "mayfly_unknown_items_total 1\n") {
			t.Error("the metrics do not count the item that is not known")
		}
	}, config(func(c *server.Config) { c.MetricsToken = secret.New(metricsKey) }))
}
