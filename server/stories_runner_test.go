package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// S07: the first try registered a runner and its answer was lost; the name is taken. The job starts
// within a few seconds more; the runner that nobody is gone within 15 min.
func TestAJITConfigWhoseAnswerIsLostIsMadeAgainUnderAnotherName(t *testing.T) {
	lost := false
	once := hubFaults(localhub.Faults{Answer: func(call localhub.Call) localhub.Fault {
		if call.Route == jitRoute && !lost {
			lost = true
			return localhub.APIAnswerLost
		}
		return localhub.NoFault
	}})
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
		if name := w.entry(id).RunnerName; !strings.HasSuffix(name, "-2") {
			t.Errorf("its runner is %q, want the second name of its instance", name)
		}
		time.Sleep(15 * time.Minute)
		w.wantNoRunners()
	}, once)
}

// wantNoRunners wants GitHub to list no runner of this stack.
func (w *world) wantNoRunners() {
	w.t.Helper()
	for _, registered := range w.hub.Books().Runners {
		if _, ours := runner.InstanceOf(stack, registered.Name); ours {
			w.t.Errorf("GitHub still lists %q", registered.Name)
		}
	}
}

// S08: a runner whose time is over ends with exit code 0. It had no job: the job gets another, within
// a minute of its approval.
func TestARunnerWhoseTimeIsOverIsNoJobDone(t *testing.T) {
	short := option{hub: func(c *localhub.Config) { c.JITLife = 3 * time.Minute }}
	keeps := config(func(c *server.Config) { c.Surplus = time.Hour })
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(5 * time.Second)
		w.hub.Hold(id)
		time.Sleep(5 * time.Minute)
		if all := w.only(); all.State != localcloud.Terminated {
			t.Errorf("the instance is %s, want it to have ended with its runner", all.State)
		}
		w.hub.Approve(id)
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(2)
	}, short, keeps)
}

// oneZone leaves no other zone to go to.
var oneZone = config(func(c *server.Config) { c.Subnets = c.Subnets[:1] })

// S17: after six minutes it is given up; the next comes from elsewhere, within a minute.
func TestAnInstanceThatNeverBootsIsReplacedFromElsewhere(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(8 * time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(2)
		if all := w.cloud.Instances(); all[0].Offering == all[1].Offering {
			t.Errorf("both instances are %s", all[0].Offering)
		}
	}, fates(localcloud.Fate{NeverBoots: true}), oneZone)
}

// The agent stops a runner that idles for ten minutes; two more until it is gone.
func TestARunnerThatGetsNoJobEndsByItself(t *testing.T) {
	keeps := config(func(c *server.Config) { c.Surplus = time.Hour })
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(5 * time.Second)
		w.hub.Cancel(id)
		w.settle(12 * time.Minute)
		w.wantLaunched(1)
		if calls := w.cloud.Books().Calls[localcloud.TerminateInstances]; calls != 0 {
			t.Errorf("%d calls to end it, want it to power itself off", calls)
		}
	}, keeps, patient(12*time.Minute))
}

// If the agent does not, the server does: two minutes later, removed on GitHub first.
func TestARunnerThatIdlesTooLongIsEndedByTheServer(t *testing.T) {
	keeps := config(func(c *server.Config) { c.Surplus = time.Hour })
	story(t, func(t *testing.T, w *world) {
		w.deaf = true
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(5 * time.Second)
		w.hub.Cancel(id)
		w.settle(14 * time.Minute)
		if reason := w.runnerOn(w.only().ID).Reason; reason.Kind != runner.ReasonIdleTooLong {
			t.Errorf("the runner failed because %q, want that it idled too long", reason)
		}
	}, keeps, patient(12*time.Minute))
}

// runnerOn is what the record has of an instance.
func (w *world) runnerOn(instance string) runner.Runner {
	w.t.Helper()
	return w.instanceOf(runner.Name(stack, instance, 1))
}

// S25: seven hours are no reason; ten minutes more for the rest.
func TestAJobOfSevenHoursIsNotEnded(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 7h"})
		w.settle(7*time.Hour + 10*time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	})
}

// The agent ends it; three minutes for what follows.
func TestAJobLongerThanTheMaxRuntimeIsEnded(t *testing.T) {
	hour := config(func(c *server.Config) { c.MaxRuntime = time.Hour })
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small, localhub.Step{Run: "sleep 3h"})
		w.settle(time.Hour + 3*time.Minute)
		if got := w.entry(id).Conclusion; got == localhub.Success {
			t.Errorf("the job ended as %q, want it cut short", got)
		}
		w.wantLaunched(1)
	}, hour)
}

// If the agent does not, the server does, ten minutes later (I-3).
func TestAnInstanceOlderThanTheMaxRuntimeIsEndedByTheServer(t *testing.T) {
	hour := config(func(c *server.Config) { c.MaxRuntime = time.Hour })
	story(t, func(t *testing.T, w *world) {
		w.deaf = true
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 3h"})
		w.settle(time.Hour + 22*time.Minute) // GitHub takes ten to miss the runner
		if instance := w.only(); instance.TerminatedAt.Sub(instance.LaunchedAt) > time.Hour+11*time.Minute {
			t.Errorf("it lived for %v", instance.TerminatedAt.Sub(instance.LaunchedAt))
		}
	}, hour)
}

// It is no launch's that is known, and no runner is on it. After five minutes, seen by the next sweep.
func TestAnInstanceThatNobodyKnowsIsEnded(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		time.Sleep(time.Minute)
		w.launchUnknown()
		w.settle(8 * time.Minute)
		if reason := w.runnerOn(w.cloud.Instances()[1].ID).Reason; reason.Kind != runner.ReasonUnknown {
			t.Errorf("it was ended because %q", reason)
		}
	}, fates(localcloud.Fate{}, localcloud.Fate{NeverBoots: true, TagsLost: true}), patient(6*time.Minute))
}

// launchUnknown launches an instance of the stack behind the server's back.
func (w *world) launchUnknown() {
	w.t.Helper()
	shape := runner.Shape{Name: "unknown", Types: []string{"m7a.large"}, Capacity: runner.OnDemand, Subnets: w.serverConfig.Subnets}
	request := runner.LaunchRequest{
		Launch: "unknown", Stack: stack, ClientToken: "unknown", Shape: shape, Offerings: shape.Offerings(), Count: 1,
	}
	_, err := w.cloud.Launch(w.t.Context(), request)
	check(w.t, err)
	w.record.mu.Lock()
	defer w.record.mu.Unlock()
	w.record.items["launch/unknown"] = runner.Launch{ID: "unknown", State: runner.LaunchClosed, Request: request} // for the checker alone
}

// Its instance never was. Fifteen minutes; others' runners are left alone.
func TestARunnerOnGitHubWithNoInstanceIsRemoved(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		class := runner.Class{Scope: runner.Repository{ID: w.hub.RepositoryID(repository), FullName: repository}, Labels: []string{"x"}}
		for _, name := range []string{runner.Name(stack, "i-0123456789abcdef0", 1), runner.Name("another", "i-0123456789abcdef0", 1), "somebody"} {
			_, _, err := w.seams.GitHub.JITConfig(t.Context(), w.hub.App().ID, class, name)
			check(t, err)
		}
		time.Sleep(15 * time.Minute)
		w.wantNoRunners()
		if got := len(w.hub.Books().Runners); got != 2 {
			t.Errorf("%d runners are left, want the two that are not ours", got)
		}
	})
}
