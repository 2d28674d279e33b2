package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// barren is a cloud in which no arm64 instance ever boots.
var barren = cloudFaults(localcloud.Faults{Fate: func(instance runner.Instance) localcloud.Fate {
	return localcloud.Fate{NeverBoots: strings.Contains(instance.Offering.Type, "g.")}
}})

// exhausted is how long five launches take of which each is given up after its six minutes.
const exhausted = 5*6*time.Minute + 2*time.Minute

// On GitHub it would be queued for a day, and nobody would see that nothing is to come.
func TestTheRunOfAJobThatGetsNoRunnerIsCancelled(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, large)
		w.queueIn(repository, small)
		w.settle(exhausted)
		if job := w.job(id); job.State != runner.JobRefused || job.Reason.Kind != runner.ReasonAttemptsExhausted {
			t.Errorf("the job is %s, told %q, want it refused after five attempts", job.State, job.Reason)
		}
		if entry := w.entry(id); entry.Conclusion != localhub.Cancelled {
			t.Errorf("on GitHub the job ended with %q, want it cancelled", entry.Conclusion)
		}
		w.wantLaunched(runner.MaxAttempts + 1)
	}, barren)
}

// Within ten minutes of its end.
func TestARunIsNotCancelledWhileAnotherJobOfItIsAtWork(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 2h"})
		w.queueJobs(1, large)
		time.Sleep(2 * time.Hour)
		for _, entry := range w.hub.Books().Jobs {
			if entry.State == localhub.Completed {
				t.Errorf("job %q has ended with %q, and the run is at work still", entry.Name, entry.Conclusion)
			}
		}
		w.settle(12 * time.Minute)
		if books := w.hub.Books(); books.Concluded(localhub.Success) != 1 || books.Concluded(localhub.Cancelled) != 1 {
			t.Errorf("got %+v, want one job that succeeded and one that was cancelled", books.Jobs)
		}
	}, barren)
}

// mute is a GitHub whose App may cancel nothing.
type mute struct {
	server.GitHub
	asked *int
}

func (m mute) Cancel(context.Context, int64, runner.Scope, int64) error {
	*m.asked++
	return runner.ErrDenied
}

func TestAnAppThatMayNotCancelRunsIsNotAskedAgain(t *testing.T) {
	asked := 0
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, large)
		time.Sleep(exhausted + 2*time.Hour)
		if job := w.job(id); asked != 1 || job.State != runner.JobRefused || !w.atRest() {
			t.Errorf("it was asked %d times, want once; the job is %s; at rest: %v", asked, job.State, w.atRest())
		}
		w.queueJobs(1, small)
		w.hub.Cancel(id)
		w.settle(2 * time.Minute)
	}, barren, seams(func(s *server.Seams) { s.GitHub = mute{s.GitHub, &asked} }))
}

// takenMeanwhile is a GitHub that a refused job's runner reaches as the server looks at its run: somebody else's.
type takenMeanwhile struct {
	server.GitHub
	take      func()
	cancelled *int
}

func (l takenMeanwhile) Unended(ctx context.Context, app int64, scope runner.Scope, run int64) ([]runner.JobEvent, error) {
	l.take()
	return l.GitHub.Unended(ctx, app, scope, run)
}

func (l takenMeanwhile) Cancel(ctx context.Context, app int64, scope runner.Scope, run int64) error {
	*l.cancelled++
	return l.GitHub.Cancel(ctx, app, scope, run)
}

func TestARefusedJobThatSomebodyElsesRunnerTakesRunsAndIsNotCancelled(t *testing.T) {
	cancelled, take := 0, func() {}
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, large)
		take = func() { w.hub.StealJob(id) }
		w.settle(exhausted + 10*time.Minute)
		job := w.job(id)
		_, refused := job.Stamps[runner.JobRefused]
		_, ran := job.Stamps[runner.JobRunning]
		if !refused || !ran || job.State != runner.JobCompleted || job.Conclusion != localhub.Success {
			t.Errorf("the job is %s, %q; refused: %v, ran: %v; want it refused, then running, then completed with success", job.State, job.Conclusion, refused, ran)
		}
		if cancelled > 0 {
			t.Errorf("its run was cancelled %d times while it was at work", cancelled)
		}
	}, barren, seams(func(s *server.Seams) { s.GitHub = takenMeanwhile{s.GitHub, func() { take() }, &cancelled} }))
}
