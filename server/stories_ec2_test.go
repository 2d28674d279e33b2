package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// S11: five attempts, three minutes apart; then the job ends where people look, and somebody is told once.
func TestWhereEC2NeverHasCapacityAJobComesToAVisibleEnd(t *testing.T) {
	var alerts told
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		w.settle(20 * time.Minute)
		if job := w.job(id); job.State != runner.JobRefused || job.Reason.Kind != runner.ReasonAttemptsExhausted {
			t.Errorf("it is %s, told %q, want it refused after its attempts", job.State, job.Reason)
		}
		if entry := w.entry(id); entry.Conclusion != localhub.Cancelled {
			t.Errorf("on GitHub it ended with %q, want it cancelled", entry.Conclusion)
		}
		if calls := w.cloud.Books().Calls[localcloud.CreateFleet]; calls != runner.MaxAttempts {
			t.Errorf("there were %d fleet calls, want %d", calls, runner.MaxAttempts)
		}
	}, cloudFaults(localcloud.Faults{NoCapacity: func(runner.Offering) bool { return true }}), alerting(&alerts))
	alerts.wantOne(t)
}

// unheard is an EC2 that does what it is asked, and whose first answers never come.
type unheard struct {
	server.Fleet
	answers *int // that do not come
}

func (f unheard) Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	if *f.answers == 0 {
		return f.Fleet.Launch(ctx, request)
	}
	*f.answers--
	_, _ = f.Fleet.Launch(context.WithoutCancel(ctx), request)
	<-ctx.Done()
	return runner.LaunchResult{}, ctx.Err()
}

// The calls time out after ten seconds each, and launched all the same. Within two minutes.
func TestALaunchWhoseAnswersTimeOutIsAdopted(t *testing.T) {
	lost := 2
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(4, small)
		w.settle(2 * time.Minute)
		w.wantSucceeded(4)
		w.wantLaunched(4)
	}, seams(func(s *server.Seams) { s.Fleet = unheard{s.Fleet, &lost} }))
}

// What EC2 shows is four minutes old: no instance is taken for gone, none is launched twice, none ended while its job runs.
func TestWhileEC2ShowsWhatWasMinutesAgoNothingIsTakenForGone(t *testing.T) {
	lagging := cloudFaults(localcloud.Faults{Lag: func() time.Duration { return 4 * time.Minute }})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small, localhub.Step{Run: "sleep 10m"})
		w.settle(18 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, lagging, patient(5*time.Minute))
}

// EC2 answers with instances and ends them before they run, as where it finds a fault of its own or of a volume's key.
func TestInstancesThatEC2EndsAtOnceAreReplaced(t *testing.T) {
	fail := localcloud.Fate{LaunchFails: true}
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(2, small)
		w.settle(3 * time.Minute)
		w.wantSucceeded(2)
		w.wantLaunched(2 + 2)
	}, fates(fail, fail))
}

// Instances do not power themselves off, and EC2 throttles every call to end them for five minutes.
func TestAnInstanceThatCannotBeEndedNowIsEndedLater(t *testing.T) {
	throttled := cloudFaults(localcloud.Faults{Call: func() func(localcloud.Call) localcloud.Trouble {
		var first time.Time
		return func(call localcloud.Call) localcloud.Trouble {
			if call.Operation != localcloud.TerminateInstances {
				return localcloud.Trouble{}
			}
			if first.IsZero() {
				first = time.Now()
			}
			if time.Since(first) < 5*time.Minute {
				return localcloud.Trouble{Kind: localcloud.Throttled}
			}
			return localcloud.Trouble{}
		}
	}()})
	story(t, func(t *testing.T, w *world) {
		w.powerOff = neverPowersOff
		w.run()
		w.queueJobs(2, small)
		w.settle(8 * time.Minute)
		w.wantSucceeded(2)
		if calls := w.cloud.Books().Calls[localcloud.TerminateInstances]; calls > 20 {
			t.Errorf("EC2 was asked %d times in five minutes", calls)
		}
	}, throttled, patient(6*time.Minute))
}
