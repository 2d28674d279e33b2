package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAQueuedJobBecomesARunnerRunsAndIsGone(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(time.Minute)

		entry := w.hub.Books().Jobs[0]
		if entry.Conclusion != localhub.Success {
			t.Errorf("GitHub says %q, want success", entry.Conclusion)
		}
		if wait := entry.Started.Sub(entry.Created); wait > 12*time.Second {
			t.Errorf("it waited %v, want what EC2 takes, about 9 s", wait)
		}
		job := w.job(entry.ID)
		if job.State != runner.JobCompleted || job.Conclusion != "success" || job.Attempts != 1 || job.Runner != entry.RunnerName {
			t.Errorf("the record has %+v", job)
		}
		instance := w.instanceOf(entry.RunnerName)
		if instance.State != runner.RunnerTerminated || instance.Job != entry.ID || instance.Offering.Capacity != runner.OnDemand {
			t.Errorf("the record has %+v", instance)
		}
		w.checkStamps(job, instance)
		if books := w.cloud.Books(); books.Launched != 1 || books.Calls["CreateFleet"] != 1 || books.Calls["TerminateInstances"] != 0 {
			t.Errorf("the cloud's books: %+v, want one launch, and an instance that ended by itself", books)
		}
	})
}

// checkStamps: the waterfall is whole and in order.
func (w *world) checkStamps(job runner.Job, instance runner.Runner) {
	w.t.Helper()
	steps := []struct {
		name string
		at   time.Time
	}{
		{"webhook", job.Stamps[runner.JobQueued]},
		{"decided", job.DecidedAt},
		{"launched", instance.Stamps[runner.RunnerLaunching]},
		{"booting", instance.Stamps[runner.RunnerBooting]},
		{"agent started", runner.TimeOf(runner.StepAgentStarted, instance.Timings)},
		{"assignment read", runner.TimeOf(runner.StepAssignmentRead, instance.Timings)},
		{"listening", runner.TimeOf(runner.StepListening, instance.Timings)},
		{"busy", instance.Stamps[runner.RunnerBusy]},
		{"done", job.Stamps[runner.JobCompleted]},
		{"terminated", instance.Stamps[runner.RunnerTerminated]},
	}
	for i, step := range steps {
		if step.at.IsZero() {
			w.t.Errorf("step %q has no stamp", step.name)
		} else if i > 0 && step.at.Before(steps[i-1].at) {
			w.t.Errorf("step %q is %v before %q", step.name, steps[i-1].at.Sub(step.at), steps[i-1].name)
		}
	}
}

func TestEightJobsOfTwoShapesTakeTwoCalls(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		// The jobs are queued before the first pass, as in a burst that arrives while a pass runs.
		w.queueJobs(5, small)
		w.queueJobs(3, large)
		w.delivered(8)
		w.run()
		w.settle(time.Minute)

		if got := w.hub.Books().Concluded(localhub.Success); got != 8 {
			t.Errorf("%d jobs succeeded, want 8", got)
		}
		books := w.cloud.Books()
		if books.Launched != 8 || books.Calls["CreateFleet"] != 2 {
			t.Errorf("%d instances in %d calls, want 8 in 2", books.Launched, books.Calls["CreateFleet"])
		}
		spot := 0
		for offering, count := range books.Offerings {
			if offering.Capacity == runner.Spot {
				spot += count
			}
		}
		if spot != 3 {
			t.Errorf("%d spot instances, want 3", spot)
		}
	})
}

func TestOneFailingStepIsOneFailedJob(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "exit 1"})
		w.queueJobs(7, small)
		w.settle(time.Minute)
		books := w.hub.Books()
		if succeeded, failed := books.Concluded(localhub.Success), books.Concluded(localhub.Failure); succeeded != 7 || failed != 1 {
			t.Errorf("%d succeeded and %d failed, want 7 and 1", succeeded, failed)
		}
	})
}

func TestALabelThatIsWrongIsRefusedWithTheReason(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.hub.Queue(repository, localhub.Job{Name: "typo", Labels: []string{"mayfly=1/runner=3cpu-linux-x64"}})
		time.Sleep(time.Minute)
		job := w.job(id)
		if job.State != runner.JobRefused || !strings.Contains(job.Reason.String(), "3cpu-linux-x64") {
			t.Errorf("the job is %s, because %q; want it refused, with the label named", job.State, job.Reason)
		}
		if got := w.cloud.Books().Launched; got != 0 {
			t.Errorf("%d instances were launched for it", got)
		}
	})
}

func TestABurstIsPacedByGitHubsBudget(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(200, small)
		w.settle(5 * time.Minute)

		books := w.hub.Books()
		if books.MaxPoints > 900 || books.Limited > 0 {
			t.Errorf("%d points in a minute, GitHub allows 900", books.MaxPoints)
		}
		if got := books.Concluded(localhub.Success); got != 200 {
			t.Errorf("%d jobs succeeded, want 200", got)
		}
		var last time.Duration
		for _, entry := range books.Jobs {
			last = max(last, entry.Started.Sub(entry.Created))
			instance := w.instanceOf(entry.RunnerName)
			if wait := instance.Stamps[runner.RunnerBooting].Sub(instance.Stamps[runner.RunnerLaunching]); wait > 45*time.Second {
				t.Errorf("%s waited %v for its JIT config, want at most a boot and 30 s", instance.Instance, wait)
			}
		}
		// The first 180 cost a minute's points; the others' come back 61 s later.
		if last < time.Minute || last > 75*time.Second {
			t.Errorf("the last job waited %v, want a little over a minute", last)
		}
	})
}

func TestAnInstanceThatDoesNotPowerOffIsEndedByTheServer(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.powerOff = neverPowersOff
		w.run()
		w.queueJobs(2, small)
		w.settle(2 * time.Minute)
		if got := w.cloud.Books().Calls["TerminateInstances"]; got < 1 || got > 2 {
			t.Errorf("%d calls to end two instances, want one for both, or one for each", got)
		}
	})
}

func TestAQueuedJobIsAlwaysToldWhatItWaitsFor(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(time.Minute)
		var told []runner.ReasonKind
		for _, line := range w.job(w.hub.Books().Jobs[0].ID).Log {
			told = append(told, line.Reason.Kind)
		}
		// Whether it was also told that a runner listens depends on whose word came first.
		if want := []runner.ReasonKind{runner.ReasonLaunching, runner.ReasonBooting}; len(told) < 3 || !slices.Equal(told[:2], want) {
			t.Errorf("it was told %q, want %q first", told, want)
		}
	})
}
