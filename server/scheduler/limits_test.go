package scheduler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// in is a job of a repository; a smaller id is an older job.
func in(repository string, id int64) runner.Job {
	of := build
	of.Scope = runner.Repository{FullName: repository}
	of.Labels = []string{repository}
	j := job(id, of, small)
	j.Repository = of.Scope
	return j
}

// launchedFor are the jobs that a decision launches for, in order, and why the others wait.
func launchedFor(t *testing.T, l scheduler.Limits, items ...runner.Item) (jobs []int64, waiting map[runner.ReasonKind]int, next time.Time) {
	t.Helper()
	decisions, next := scheduler.Decide(snapshot(items...), l)
	waiting = map[runner.ReasonKind]int{}
	for _, decision := range decisions {
		for _, slot := range decision.Slots {
			jobs = append(jobs, slot.Job)
		}
		if decision.Kind == runner.DecideWait {
			waiting[decision.Reason.Kind]++
		}
	}
	return jobs, waiting, next
}

func TestRepositoriesShareFairlyAndTheOldestGoesFirstWithinOne(t *testing.T) {
	var items []runner.Item
	for id := range int64(10) {
		items = append(items, in("o/matrix", id+1))
	}
	items = append(items, in("o/small", 11), in("o/other", 12), in("o/other", 13))
	busy := instance("i-1", in("o/other", 0).Class, runner.RunnerBusy)
	busy.Job = 99
	items = append(items, busy)
	capped := limits
	capped.MaxRunners = 1 + 6
	got, waiting, _ := launchedFor(t, capped, items...)
	slices.Sort(got)
	if want := []int64{1, 2, 3, 11, 12, 13}; !slices.Equal(got, want) {
		t.Errorf("launched for %v, want %v: three for each but the one that wants one", got, want)
	}
	if want := map[runner.ReasonKind]int{runner.ReasonMaxRunners: 7}; !cmp.Equal(waiting, want) {
		t.Errorf("waiting: got %v, want %v", waiting, want)
	}
}

func TestARepositorysShare(t *testing.T) {
	shared := limits
	shared.PerRepository = 2
	got, waiting, _ := launchedFor(t, shared, in("o/a", 1), in("o/a", 2), in("o/a", 3), in("o/b", 4))
	slices.Sort(got)
	if want := []int64{1, 2, 4}; !slices.Equal(got, want) || waiting[runner.ReasonShare] != 1 {
		t.Errorf("launched for %v, waiting %v, want %v and one for its share", got, waiting, want)
	}
}

// In a runner group the runners are nobody's until they have a job: each counts for the repository whose
// job it runs, or is the next to come for.
func TestARepositorysShareOfARunnerGroup(t *testing.T) {
	of := func(repository string, id int64) runner.Job {
		j := in(repository, id)
		j.Class.Scope, j.Class.Group = runner.Organisation("o"), "builders"
		return j
	}
	running := of("o/a", 1)
	running.State = runner.JobRunning
	busy := instance("i-busy", running.Class, runner.RunnerBusy)
	busy.Job = running.ID
	shared := limits
	shared.PerRepository = 2
	got, waiting, _ := launchedFor(t, shared,
		running, busy, of("o/a", 2), instance("i-comes", running.Class, runner.RunnerBooting), // and so it has two
		of("o/a", 3), of("o/b", 4), of("o/b", 5), of("o/b", 6))
	slices.Sort(got)
	want := map[runner.ReasonKind]int{runner.ReasonBooting: 1, runner.ReasonShare: 2}
	if !slices.Equal(got, []int64{4, 5}) || !cmp.Equal(waiting, want) {
		t.Errorf("launched for %v, waiting %v, want 4 and 5, and %v", got, waiting, want)
	}
}

func TestInstancesALaunchRateAndEC2sTokensAreKept(t *testing.T) {
	var items []runner.Item
	for id := range int64(20) {
		items = append(items, in("o/a", id+1))
	}
	rated := limits
	rated.LaunchRate = 5
	own := runner.NewBudgets()
	own.Rate = runner.Bucket{Capacity: 5, Refill: 5}
	got, waiting, next := launchedFor(t, rated, append(slices.Clone(items), own)...)
	if len(got) != 5 || waiting[runner.ReasonLaunchRate] != 15 || !next.Equal(noon.Add(200*time.Millisecond)) {
		t.Errorf("launched for %d, waiting %v, next in %v; want 5, 15 for the launch rate, 200ms", len(got), waiting, next.Sub(noon))
	}
	budgets := runner.NewBudgets()
	budgets.Instances = budgets.Instances.Take(993, noon)
	got, waiting, next = launchedFor(t, limits, append(items, budgets)...)
	if len(got) != 7 || waiting[runner.ReasonEC2Rate] != 13 || !next.Equal(noon.Add(500*time.Millisecond)) {
		t.Errorf("launched for %d, waiting %v, next in %v; want 7, 13 for EC2's rate, 500ms", len(got), waiting, next.Sub(noon))
	}
}

func TestTheDaysMinutesAreKept(t *testing.T) {
	midnight := noon.Add(12 * time.Hour)
	daily := limits
	daily.MaxMinutes = 40
	var jobs []runner.Item
	for id := range int64(10) {
		jobs = append(jobs, in("o/a", id+1))
	}
	had := func(minutes int) runner.Item {
		return runner.Usage{Day: noon.Add(-12 * time.Hour), Gone: time.Duration(minutes) * time.Minute}
	}
	runs := instance("i-1", build, runner.RunnerBusy)
	runs.Job, runs.Stamps = 99, runner.Stamps[runner.RunnerState]{runner.RunnerLaunching: noon.Add(-10 * time.Minute)}
	yesterdays := had(40).(runner.Usage)
	yesterdays.Day = yesterdays.Day.Add(-24 * time.Hour)
	open := runner.Launch{ID: "l", State: runner.LaunchOpen, Slots: []runner.Slot{slot(50, tests), slot(51, tests), slot(52, tests)}}
	for what, test := range map[string]struct {
		items    []runner.Item
		launched int
	}{
		"none were had":                      {nil, 10},
		"each that is launched counts":       {[]runner.Item{had(33)}, 7},
		"they are used up":                   {[]runner.Item{had(40)}, 0},
		"yesterday's are no more":            {[]runner.Item{yesterdays}, 10},
		"what runs counts as it runs":        {[]runner.Item{had(25), runs}, 5},
		"what EC2 is asked for counts, too":  {[]runner.Item{had(33), open}, 4},
		"more than all: a runner lived long": {[]runner.Item{had(35), runs}, 0},
	} {
		got, waiting, next := launchedFor(t, daily, append(slices.Clone(jobs), test.items...)...)
		if len(got) != test.launched || waiting[runner.ReasonMaxMinutes] != 10-test.launched {
			t.Errorf("%s: launched for %d, waiting %v, want %d launched, and the others to wait for the day's end", what, len(got), waiting, test.launched)
		}
		if test.launched < 10 && !next.Equal(midnight) {
			t.Errorf("%s: looked at again at %v, want midnight", what, next)
		}
	}
}

// A minute that another runner lives is no news to a job that waits for tomorrow; another limit is.
func TestWhoWaitsForTheNextDayIsToldOnce(t *testing.T) {
	daily := limits
	daily.MaxMinutes = 40
	used := runner.Usage{Day: noon.Add(-12 * time.Hour), Gone: 47 * time.Minute}
	for told, want := range map[runner.Reason]int{
		runner.MaxMinutes(40, 41*time.Minute, noon.Add(12*time.Hour)):  0,
		runner.MaxMinutes(30, 41*time.Minute, noon.Add(12*time.Hour)):  1,
		runner.MaxMinutes(40, 41*time.Minute, noon.Add(-12*time.Hour)): 1,
		runner.MaxRunners(5): 1,
	} {
		waits := in("o/a", 1)
		waits.Reason = told
		if _, waiting, _ := launchedFor(t, daily, waits, used); waiting[runner.ReasonMaxMinutes] != want {
			t.Errorf("told %q: told again %d times, want %d", told, waiting[runner.ReasonMaxMinutes], want)
		}
	}
}

func TestAppsShareTheLoad(t *testing.T) {
	var items []runner.Item
	for id := range int64(400) {
		items = append(items, in("o/a", id+1))
	}
	for apps, want := range map[int]int{1: 171, 2: 342, 3: 400} {
		shared := limits
		shared.Apps = nil
		for app := range apps {
			shared.Apps = append(shared.Apps, int64(app+1))
		}
		if got, _, _ := launchedFor(t, shared, items...); len(got) != want {
			t.Errorf("%d Apps: launched for %d, want %d", apps, len(got), want)
		}
	}
}

func TestWhereSpotHasNoCapacityItIsLaunchedOnDemand(t *testing.T) {
	memory := runner.CapacityMemory{}
	for _, offering := range large.Offerings() {
		memory = memory.Remember(offering, noon, runner.NoCapacityMemory)
	}
	decisions, _ := scheduler.Decide(snapshot(job(1, build, large), memory), limits)
	if len(decisions) != 1 || decisions[0].Shape.Capacity != runner.OnDemand || decisions[0].Shape.Name != "4cpu-linux-x64 on-demand" {
		t.Fatalf("got %+v, want a launch on demand", decisions)
	}
	for _, offering := range decisions[0].Offerings {
		if offering.Capacity != runner.OnDemand {
			t.Errorf("it asks for %v", offering)
		}
	}
}

func TestALaunchOnDemandSaysWhyItIsNotSpot(t *testing.T) {
	whole := large.Offerings()
	known := func(memory runner.CapacityMemory, remember func(runner.CapacityMemory, runner.Offering) runner.CapacityMemory) runner.CapacityMemory {
		for _, offering := range whole {
			memory = remember(memory, offering)
		}
		return memory
	}
	for want, memory := range map[string]runner.CapacityMemory{
		"": {},
		"on demand, for EC2 has no spot capacity": known(runner.CapacityMemory{}, func(m runner.CapacityMemory, o runner.Offering) runner.CapacityMemory {
			return m.Remember(o, noon, runner.NoCapacityMemory)
		}),
		"on demand, for EC2 took spot instances back too often": known(runner.CapacityMemory{}, func(m runner.CapacityMemory, o runner.Offering) runner.CapacityMemory {
			return m.Interrupt(o, noon).Interrupt(o, noon)
		}),
		"on demand, for EC2 gives us no spot instances": runner.CapacityMemory{}.Park(
			whole, runner.LaunchFailed(runner.LaunchError{Class: runner.Quota, Code: "MaxSpotInstanceCountExceeded"}, noon.Add(time.Minute)), noon, noon.Add(time.Minute)),
	} {
		decisions, _ := scheduler.Decide(snapshot(job(1, build, large), memory), limits)
		if len(decisions) != 1 || decisions[0].Instead != want {
			t.Errorf("got %+v, want a launch that says %q", decisions, want)
		}
	}
}

func TestInPlaceOfAnImageThatDoesNotBootAnotherIsLaunchedWhichTheJobIsTold(t *testing.T) {
	from := func(shape runner.Shape, image string) runner.Shape { shape.Image = image; return shape }
	falling := limits
	falling.Instead = map[string]string{"ami-bad": "ami-good"}
	memory := runner.CapacityMemory{}
	for _, offering := range large.Offerings() {
		memory = memory.Remember(offering, noon, runner.NoCapacityMemory)
	}
	asked := snapshot(
		job(1, build, from(small, "ami-bad")), job(2, tests, from(small, "ami-good")), // which share a call now
		job(3, build, from(large, "ami-bad")), job(4, tests, from(small, "ami-other")), memory,
	)
	decisions, _ := scheduler.Decide(asked, falling)
	want := []runner.Decision{
		{Shape: from(small, "ami-good"), Instead: "from ami-good, for ami-bad does not boot", Slots: []runner.Slot{slot(1, build), slot(2, tests)}},
		{Shape: from(large.OnDemand(), "ami-good"), Instead: "on demand, for EC2 has no spot capacity; from ami-good, for ami-bad does not boot", Slots: []runner.Slot{slot(3, build)}},
		{Shape: from(small, "ami-other"), Slots: []runner.Slot{slot(4, tests)}},
	}
	if diff := cmp.Diff(want, decisions, cmpopts.IgnoreFields(runner.Decision{}, "Kind", "Reason", "Offerings")); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if got := asked.Jobs[1].Shape.Image; got != "ami-bad" {
		t.Errorf("the job now asks for %s, want what it asked for", got)
	}
}

func TestSurplusIsRetiredAfterAMinuteOldestIdleFirst(t *testing.T) {
	since := func(id string, state runner.RunnerState, ago time.Duration) runner.Runner {
		r := instance(id, build, state)
		r.Stamps = runner.Stamps[runner.RunnerState]{state: noon.Add(-ago)}
		return r
	}
	left := since("i-left", runner.RunnerIdle, time.Hour).Leave(runner.Surplus(), noon)
	decisions, next := scheduler.Decide(snapshot(
		job(1, build, small),
		since("i-idle-long", runner.RunnerIdle, 5*time.Minute), since("i-idle", runner.RunnerIdle, 2*time.Minute),
		since("i-boots", runner.RunnerBooting, 3*time.Minute), since("i-boots-now", runner.RunnerBooting, 20*time.Second), left,
	), limits)
	var retired []string
	for _, decision := range decisions {
		if decision.Kind == runner.DecideRetire {
			retired = append(retired, decision.Runner)
		}
	}
	slices.Sort(retired)
	if want := []string{"i-boots", "i-idle-long"}; !slices.Equal(retired, want) {
		t.Errorf("retired %v, want %v: the job keeps the one that idles least", retired, want)
	}
	if want := noon.Add(40 * time.Second); !next.Equal(want) {
		t.Errorf("next: got %v, want %v, when the youngest is surplus too", next, want)
	}
}

// A job that is queued ends after a day, one that waits for an approval after 30; and one that was
// approved after a week is not a week old.
func TestAJobEndsOnceGitHubHasFailedIt(t *testing.T) {
	const day = 24 * time.Hour
	for what, test := range map[string]struct {
		state   runner.JobState
		created time.Duration // ago
		heard   time.Duration // that it is in its state, ago
		want    runner.Reason
	}{
		"queued for a day":               {runner.JobQueued, day, day, runner.TooOld()},
		"queued for less":                {runner.JobQueued, day - time.Second, day, runner.NoReason()},
		"approved after a week":          {runner.JobQueued, 7 * day, time.Hour, runner.NoReason()},
		"approved, and queued for a day": {runner.JobQueued, 8 * day, day, runner.TooOld()},
		"waiting for a week":             {runner.JobWaiting, 7 * day, 7 * day, runner.NoReason()},
		"waiting for 30 days":            {runner.JobWaiting, 30 * day, 30 * day, runner.NotApproved()},
	} {
		old := job(1, build, small)
		old.State, old.CreatedAt = test.state, noon.Add(-test.created)
		old.Stamps = runner.Stamps[runner.JobState]{test.state: noon.Add(-test.heard)}
		decisions, _ := scheduler.Decide(snapshot(old), limits)
		got := runner.NoReason()
		for _, decision := range decisions {
			switch decision.Kind {
			case runner.DecideExpire:
				got = decision.Reason
			case runner.DecideLaunch:
				if test.want != runner.NoReason() {
					t.Errorf("%s: it is launched for", what)
				}
			default:
			}
		}
		if got != test.want {
			t.Errorf("%s: expired because %q, want %q", what, got, test.want)
		}
	}
}

// Half of the Apps being closed must not look like room on the other half: a decision that is wanted
// again at once, and is no other then, is one that is made for ever.
func TestTheNextJITConfigComesOnceThereIsRoomForAllThatAreOwed(t *testing.T) {
	shared := limits
	shared.Apps, shared.Surplus = []int64{1, 2}, time.Hour
	items := []runner.Item{in("o/a", 1000)}
	for id := range int64(171) { // all that one App can promise
		owed := instance(fmt.Sprintf("i-%d", id), in("o/a", 0).Class, runner.RunnerLaunching)
		owed.Class.Labels = []string{"other"}
		items = append(items, owed)
	}
	lead := limits.Boot + limits.JITWait
	closed := runner.NewBudgets().Close(runner.AccountOf(2, "o/a"), noon.Add(5*time.Minute))
	spent := closed.Spend(runner.AccountOf(1, "o/a"), runner.LaneJIT, runner.JITPoints, noon.Add(lead))
	for what, test := range map[string]struct {
		budgets runner.Budgets
		owed    int
		want    time.Time
	}{
		"as much as is owed is left, the other App is closed": {closed, 171, noon.Add(5*time.Minute - lead)},
		"one is short, until what was spent comes back":       {spent, 170, noon.Add(runner.GitHubSpan)},
		"nothing was spent and no App is closed":              {runner.NewBudgets(), 171, noon.Add(time.Hour)}, // of the surplus
	} {
		l := shared
		if test.budgets.GitHub[runner.AccountOf(2, "o/a").Key()].ClosedUntil.IsZero() {
			l.Apps = l.Apps[:1]
		}
		got, waiting, next := launchedFor(t, l, append(slices.Clone(items[:1+test.owed]), test.budgets)...)
		if len(got) != 0 || waiting[runner.ReasonGitHubBudget] != 1 || !next.Equal(test.want) {
			t.Errorf("%s: launched for %v, waiting %v, next at %v, want none, one for GitHub's budget, %v", what, got, waiting, next, test.want)
		}
	}
}
