package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// S09: EC2 answers nothing but 503 for five minutes. Two minutes after that every job is done.
func TestWhileEC2IsUnavailableNoJobIsDropped(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(5, small)
		w.settle(7 * time.Minute)
		w.wantSucceeded(5)
		w.wantLaunched(5)
	}, unavailable(5*time.Minute, localcloud.CreateFleet, localcloud.DescribeInstances, localcloud.TerminateInstances))
}

// S09: the launch was made, its answer was lost, and EC2 describes nothing for five minutes. Seven.
func TestWhileDescribeIsUnavailableALaunchWhoseAnswerWasLostIsNotRepeated(t *testing.T) {
	lost := false
	faults := cloudFaults(localcloud.Faults{Call: func() func(localcloud.Call) localcloud.Trouble {
		var first time.Time
		return func(call localcloud.Call) localcloud.Trouble {
			if first.IsZero() {
				first = time.Now()
			}
			switch {
			case call.Operation == localcloud.CreateFleet && !lost:
				lost = true
				return localcloud.Trouble{Kind: localcloud.AnswerLost}
			case call.Operation == localcloud.DescribeInstances && time.Since(first) < 5*time.Minute:
				return localcloud.Trouble{Kind: localcloud.Unavailable}
			}
			return localcloud.Trouble{}
		}
	}()})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(5, small)
		w.settle(8 * time.Minute)
		w.wantSucceeded(5)
	}, faults)
}

// unavailable has EC2 answer some operations with 503, from the first call on.
func unavailable(during time.Duration, operations ...string) option {
	var first time.Time
	return cloudFaults(localcloud.Faults{Call: func(call localcloud.Call) localcloud.Trouble {
		if first.IsZero() {
			first = time.Now()
		}
		if slices.Contains(operations, call.Operation) && time.Since(first) < during {
			return localcloud.Trouble{Kind: localcloud.Unavailable}
		}
		return localcloud.Trouble{}
	}})
}

// S10: two more are asked for, and no others. Within a minute.
func TestOfAFleetThatIsPartialExactlyTheMissingOnesAreLaunched(t *testing.T) {
	asked := &requests{troubles: []localcloud.Trouble{{Kind: localcloud.Partial, Granted: 3}}}
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(5, small)
		w.delivered(5)
		w.run()
		w.settle(time.Minute)
		w.wantSucceeded(5)
		w.wantLaunched(5)
		if got := asked.counts(); !slices.Equal(got, []int{5, 2}) {
			t.Errorf("the calls asked for %v instances, want 5, then the missing 2", got)
		}
	}, asked.option())
}

// S12: another market is another launch with a token of its own. Within a minute.
func TestWhereSpotHasNoCapacityTheJobRunsOnDemand(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(3, large)
		w.settle(time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
		for _, instance := range w.cloud.Instances() {
			if instance.Offering.Capacity != runner.OnDemand {
				t.Errorf("instance %s is %s", instance.ID, instance.Offering)
			}
		}
		if strings.Contains(w.log.String(), "IdempotentParameterMismatch") {
			t.Error("a client token was used for two requests")
		}
	}, cloudFaults(localcloud.Faults{NoCapacity: func(o runner.Offering) bool { return o.Capacity == runner.Spot }}))
}

// Offerings are tried again after three minutes. The job waits, and is told why; within five.
func TestWhereEC2HasNoCapacityAtAllTheJobWaitsAndIsToldWhy(t *testing.T) {
	var first time.Time
	out := func(runner.Offering) bool {
		if first.IsZero() {
			first = time.Now()
		}
		return time.Since(first) < 2*time.Minute
	}
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, large)
		time.Sleep(time.Minute)
		if reason := w.job(id).Reason; reason.Kind != runner.ReasonNoCapacity {
			t.Errorf("the job is told %q, want that EC2 has no capacity", reason)
		}
		w.settle(5 * time.Minute)
		w.wantSucceeded(1)
		if calls := w.cloud.Books().Calls[localcloud.CreateFleet]; calls > runner.MaxAttempts {
			t.Errorf("there were %d fleet calls", calls)
		}
	}, cloudFaults(localcloud.Faults{NoCapacity: out}))
}

// S13: the account may have no more for ten minutes. EC2 is asked now and then, the jobs are told, and
// done three minutes after that.
func TestAQuotaIsWaitedForAndToldAndNotAskedForInALoop(t *testing.T) {
	var first time.Time
	var alerts told
	calls := 0
	quota := cloudFaults(localcloud.Faults{Call: func(call localcloud.Call) localcloud.Trouble {
		if call.Operation != localcloud.CreateFleet {
			return localcloud.Trouble{}
		}
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) >= 10*time.Minute {
			return localcloud.Trouble{}
		}
		calls++
		return localcloud.Trouble{Kind: localcloud.Quota}
	}})
	story(t, func(t *testing.T, w *world) {
		w.run()
		for range 6 { // one after the other: no new job is a new reason to ask
			w.queueJobs(1, small)
			time.Sleep(5 * time.Second)
		}
		time.Sleep(time.Minute)
		for _, entry := range w.hub.Books().Jobs {
			if reason := w.job(entry.ID).Reason.String(); !strings.Contains(reason, "VcpuLimitExceeded") {
				t.Errorf("job %d is told %q, want EC2's own word for the quota", entry.ID, reason)
			}
		}
		w.settle(12 * time.Minute)
		w.wantSucceeded(6)
		w.wantLaunched(6)
	}, quota, alerting(&alerts))
	alerts.wantOne(t)
	if calls > 20 {
		t.Errorf("EC2 was asked %d times in ten minutes", calls)
	}
}

// S19: a spot instance that is taken back while it boots is replaced within a boot.
func TestASpotInstanceTakenBackWhileItBootsIsReplaced(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, large)
		time.Sleep(4 * time.Second)
		w.cloud.Interrupt(w.only().ID)
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(2)
	})
}

// S19: no job comes to an instance that has two minutes left. Within a minute.
func TestASpotInstanceTakenBackWhileItIdlesGetsNoJob(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		cancelled := w.queueIn(repository, large)
		time.Sleep(5 * time.Second)
		w.hub.Cancel(cancelled)
		time.Sleep(15 * time.Second)
		doomed := w.only().ID
		w.cloud.Interrupt(doomed)
		time.Sleep(time.Second)
		id := w.queueIn(repository, large, localhub.Step{Run: "sleep 5m"})
		w.settle(6 * time.Minute)
		entry := w.entry(id)
		if instance, _ := runner.InstanceOf(stack, entry.RunnerName); instance == doomed || entry.Conclusion != localhub.Success {
			t.Errorf("the job ended as %q on %s; %s was taken back", entry.Conclusion, instance, doomed)
		}
		w.wantLaunched(2)
	})
}

// S19: a job that ends within the two minutes ends well. Of a longer one tells stories_rerun_test.go.
func TestAJobThatEndsBeforeItsSpotInstanceIsTakenBackEndsWell(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, large, localhub.Step{Run: "sleep 90s"})
		time.Sleep(20 * time.Second)
		w.interrupt(id)
		w.settle(4 * time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	})
}
