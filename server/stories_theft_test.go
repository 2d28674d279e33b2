package server_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// S06: which runner takes which job is GitHub's choice; two runners of eight never come. Those jobs
// that are left have a runner of their own within another boot.
func TestEveryJobOfAMatrixGetsARunnerThoughTheyAreSwappedAndTwoNeverCome(t *testing.T) {
	failing := fates(localcloud.Fate{}, localcloud.Fate{LaunchFails: true}, localcloud.Fate{}, localcloud.Fate{}, localcloud.Fate{LaunchFails: true})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(8, small)
		w.settle(time.Minute)
		w.wantSucceeded(8)
		w.wantLaunched(10)
	}, failing)
}

// A job that asks for no more than self-hosted takes any runner. Ours gets another within a boot.
func TestARunnerStolenByAForeignJobIsReplaced(t *testing.T) {
	for name, lost := range map[string]bool{"heard of": false, "with no webhook": true} {
		t.Run(name, func(t *testing.T) {
			stolen := false
			theft := hubFaults(localhub.Faults{
				StealRunner: func(localhub.RunnerEntry) bool {
					first := !stolen
					stolen = true
					return first
				},
				Deliver: func(webhook localhub.Webhook) []localhub.Fate {
					if lost && webhook.Action != localhub.Queued {
						return nil
					}
					return []localhub.Fate{{}}
				},
			})
			story(t, func(t *testing.T, w *world) {
				w.run()
				w.queueJobs(2, small)
				w.settle(3 * time.Minute)
				w.wantSucceeded(2)
				if foreign := w.hub.Books().Foreign; len(foreign) != 1 || foreign[0].Conclusion != localhub.Success {
					t.Errorf("the foreign job ended as %+v, want it to end well: nobody stops a job", foreign)
				}
				if got := w.cloud.Books().Launched; got < 3 || lost && got > 5 || !lost && got > 3 {
					t.Errorf("%d instances were launched for 2 jobs and a theft", got)
				}
			}, theft)
		})
	}
}

// The runner that was on its way for it goes: within a minute of being surplus, and what EC2 takes.
func TestAJobStolenByAForeignRunnerLeavesNoRunnerBehind(t *testing.T) {
	theft := hubFaults(localhub.Faults{StealJob: func(localhub.JobEntry) (time.Duration, bool) { return 5 * time.Second, true }})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(2 * time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	}, theft)
}

// S16: two minutes from the cancellation.
func TestAJobCancelledWhileItsRunnerComesLeavesNothing(t *testing.T) {
	for _, at := range []time.Duration{0, 500 * time.Millisecond, 3 * time.Second, 8 * time.Second} {
		t.Run(at.String(), func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.run()
				id := w.queueIn(repository, small)
				time.Sleep(at)
				w.hub.Cancel(id)
				w.settle(2 * time.Minute)
				if got := w.entry(id); got.Conclusion != localhub.Cancelled || got.RunnerName != "" {
					t.Errorf("the job ended as %q on %q, want it cancelled before a runner took it", got.Conclusion, got.RunnerName)
				}
			})
		})
	}
}

// S16: a job within the minute takes over what was on its way.
func TestTheRunnerOfACancelledJobServesTheNext(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		cancelled := w.queueIn(repository, small)
		time.Sleep(5 * time.Second)
		w.hub.Cancel(cancelled)
		time.Sleep(30 * time.Second)
		id := w.queueIn(repository, small)
		w.settle(time.Minute)
		if entry := w.entry(id); entry.Conclusion != localhub.Success || entry.Started.Sub(entry.Created) > time.Second {
			t.Errorf("the job ended as %q after a wait of %v, want it to be taken at once", entry.Conclusion, entry.Started.Sub(entry.Created))
		}
		w.wantLaunched(1)
	})
}

// S15, S24: everything that would tell of the job is late. GitHub says that the runner is busy, and it
// is left alone. Two minutes.
func TestARunnerThatTookAJobWhileItWasToBeRetiredIsLeftAlone(t *testing.T) {
	var silent atomic.Bool
	late := hubFaults(localhub.Faults{Deliver: func(webhook localhub.Webhook) []localhub.Fate {
		if silent.Load() && webhook.Action != localhub.Completed {
			return []localhub.Fate{{After: 50 * time.Second}}
		}
		return []localhub.Fate{{}}
	}})
	mute := cloudFaults(localcloud.Faults{Delivery: func(event runner.Event) localcloud.Delivery {
		return localcloud.Delivery{Lost: silent.Load() && event.Object != nil}
	}})
	var busy bool
	seen := seams(func(seams *server.Seams) { seams.GitHub = busySeen{seams.GitHub, &busy} })
	story(t, func(t *testing.T, w *world) {
		w.run()
		cancelled := w.queueIn(repository, small)
		time.Sleep(5 * time.Second)
		w.hub.Cancel(cancelled)
		time.Sleep(time.Minute) // its runner has idled for almost a minute
		silent.Store(true)
		id := w.queueIn(repository, small, localhub.Step{Run: "sleep 40s"})
		w.settle(2 * time.Minute)
		if got := w.entry(id).Conclusion; got != localhub.Success {
			t.Errorf("the job ended as %q: its runner was ended under it", got)
		}
		w.wantLaunched(1)
	}, late, mute, seen)
	if !busy {
		t.Error("the runner was never to be retired: the story shows nothing")
	}
}
