package scheduler_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

var (
	noon   = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	limits = scheduler.Limits{PerCall: 500, Boot: 15 * time.Second, JITWait: 30 * time.Second, Surplus: time.Minute, Apps: []int64{1}, Trust: runner.Trust{Public: true}}

	small = shape("2cpu-linux-x64", "m7a.large", runner.OnDemand)
	large = shape("4cpu-linux-x64 spot", "m7a.xlarge", runner.Spot)

	build = class("build")
	tests = class("tests")
)

func shape(name, instanceType string, capacity runner.CapacityType) runner.Shape {
	return runner.Shape{
		Name: name, Types: []string{instanceType}, Capacity: capacity,
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}},
	}
}

func class(label string) runner.Class {
	return runner.Class{Installation: 42, Scope: runner.Repository{ID: 1, FullName: "o/r"}, Labels: []string{label}}
}

// job is a queued job; a smaller id is an older job.
func job(id int64, of runner.Class, asks runner.Shape) runner.Job {
	return runner.Job{ID: id, Class: of, Shape: asks, State: runner.JobQueued, Origin: runner.Origin{Fork: runner.No}, CreatedAt: noon.Add(time.Duration(id) * time.Second)}
}

func instance(id string, of runner.Class, state runner.RunnerState) runner.Runner {
	return runner.Runner{Instance: id, Class: of, State: state, Stamps: runner.Stamps[runner.RunnerState]{state: noon}}
}

func snapshot(items ...runner.Item) runner.Snapshot {
	s := runner.NewSnapshot(items...)
	s.Now = noon
	return s
}

func TestDecide(t *testing.T) {
	waiting := func(j runner.Job) runner.Job { j.State = runner.JobWaiting; return j }
	unknown := func(j runner.Job) runner.Job { j.Origin = runner.Origin{}; return j }
	attempted := func(j runner.Job, times int) runner.Job { j.Attempts = times; return j }
	notBefore := func(j runner.Job, at time.Time) runner.Job { j.NextAt = at; return j }
	told := func(j runner.Job, reason runner.Reason) runner.Job { j.Reason = reason; return j }
	open := func(reason runner.Reason, slots ...runner.Slot) runner.Launch {
		return runner.Launch{ID: "open", State: runner.LaunchOpen, Slots: slots, Reason: reason, Request: runner.LaunchRequest{Shape: small.OnDemand()}}
	}
	out := func(until time.Time, offerings ...runner.Offering) runner.CapacityMemory {
		var memory runner.CapacityMemory
		for _, offering := range offerings {
			memory = memory.Remember(offering, until.Add(-time.Minute), time.Minute)
		}
		return memory
	}
	with := func(r runner.Runner, job int64) runner.Runner { r.Job = job; return r }
	in := func(j runner.Job, repository string) runner.Job { j.Repository.FullName = repository; return j }
	grouped := runner.Class{Installation: 42, Scope: runner.Organisation("o"), Group: "builders", Labels: []string{"build"}}
	noTokens := runner.NewBudgets()
	noTokens.Fleet = noTokens.Fleet.Take(50, noon)
	noPoints := runner.NewBudgets().Spend(runner.Account{App: 1, Owner: "o"}, runner.LaneJIT, 855, noon.Add(-10*time.Second))

	for name, test := range map[string]struct {
		items []runner.Item
		want  []runner.Decision
		next  time.Time
	}{
		"nothing to do": {},
		"a job that may be a fork's waits for GitHub's word, and takes no supply": {
			items: []runner.Item{unknown(job(1, build, small)), job(2, build, small), instance("i-1", build, runner.RunnerIdle)},
			want:  []runner.Decision{waits(1, runner.Asking()), waits(2, runner.Listening())},
		},
		"a job whose repository the runner group does not take is told so, and takes no supply": {
			items: []runner.Item{
				in(job(1, grouped, small), "o/barred"), in(job(2, grouped, small), "o/r"),
				instance("i-1", grouped, runner.RunnerIdle), runner.NewBudgets().Bar(grouped, "o/barred"),
			},
			want: []runner.Decision{waits(1, runner.Barred("o/barred", "builders")), waits(2, runner.Listening())},
		},
		"without its runner group nothing is launched": {
			items: []runner.Item{job(1, grouped, small), runner.NewBudgets().MissGroup(grouped)},
			want:  []runner.Decision{waits(1, runner.NoGroup("o", "builders"))},
		},
		"a queued job is launched for": {
			items: []runner.Item{job(1, build, small)},
			want:  []runner.Decision{launches(small, slot(1, build))},
		},
		"jobs of one shape share a call, whatever their class; the oldest is first": {
			items: []runner.Item{job(3, build, small), job(1, tests, small), job(2, build, small)},
			want:  []runner.Decision{launches(small, slot(1, tests), slot(2, build), slot(3, build))},
		},
		"each shape has a call of its own, that of the oldest job first": {
			items: []runner.Item{job(2, build, small), job(1, tests, large), job(3, build, small)},
			want:  []runner.Decision{launches(large, slot(1, tests)), launches(small, slot(2, build), slot(3, build))},
		},
		"jobs that are not queued want nothing": {
			items: []runner.Item{waiting(job(1, build, small))},
		},
		"supply of the class is enough, and the job is told which": {
			items: []runner.Item{
				job(1, build, small), job(2, build, small), job(3, build, small), job(4, build, small),
				instance("i-1", build, runner.RunnerBooting), instance("i-2", build, runner.RunnerIdle),
				instance("i-3", build, runner.RunnerLaunching), open(runner.NoReason(), slot(9, build)),
			},
			want: []runner.Decision{
				waits(1, runner.Listening()), waits(2, runner.Booting()), waits(3, runner.Booting()),
				waits(4, runner.Launching(small.OnDemand().Name, 1)),
			},
		},
		"only the difference is launched, for the youngest jobs": {
			items: []runner.Item{
				told(job(1, build, small), runner.Booting()), job(2, build, small), instance("i-1", build, runner.RunnerBooting),
			},
			want: []runner.Decision{launches(small, slot(2, build))},
		},
		"supply of another class is none": {
			items: []runner.Item{job(1, build, small), instance("i-1", tests, runner.RunnerIdle)},
			want:  []runner.Decision{launches(small, slot(1, build))},
			next:  noon.Add(time.Minute), // when that one is surplus
		},
		"runners that are busy or done are no supply": {
			items: []runner.Item{
				job(1, build, small), with(instance("i-1", build, runner.RunnerBusy), 8),
				with(instance("i-2", build, runner.RunnerFinished), 9), instance("i-3", build, runner.RunnerFailed),
			},
			want: []runner.Decision{launches(small, slot(1, build))},
		},
		"a runner that took a job before GitHub said which is nobody's supply, and no reason to launch": {
			items: []runner.Item{
				job(1, build, small), job(2, build, small), job(3, build, small),
				instance("i-1", build, runner.RunnerBusy), instance("i-2", build, runner.RunnerFinished),
			},
			want: []runner.Decision{waits(1, runner.Taken()), waits(2, runner.Taken()), launches(small, slot(3, build))},
		},
		"a launch that waits says why": {
			items: []runner.Item{job(1, build, small), open(runner.LaunchFailed(runner.LaunchError{Class: runner.Throttled, Code: "RequestLimitExceeded"}, noon), slot(1, build))},
			want:  []runner.Decision{waits(1, runner.LaunchFailed(runner.LaunchError{Class: runner.Throttled, Code: "RequestLimitExceeded"}, noon))},
		},
		"the same reason is not told again": {
			items: []runner.Item{told(job(1, build, small), runner.Booting()), instance("i-1", build, runner.RunnerBooting)},
		},
		"after five attempts the job ends, with the last reason": {
			items: []runner.Item{told(attempted(job(1, build, small), 5), runner.Booting())},
			want: []runner.Decision{{
				Kind: runner.DecideRefuse, Job: 1, Reason: runner.AttemptsExhausted(5, runner.Booting().String()),
			}},
		},
		"a launch that failed is made up for by the job with the fewest attempts, not always by the youngest": {
			items: []runner.Item{
				attempted(job(1, build, small), 1), attempted(job(2, build, small), 2), instance("i-1", build, runner.RunnerBooting),
			},
			want: []runner.Decision{waits(2, runner.Booting()), {
				Kind: runner.DecideLaunch, Reason: runner.Launching(small.Name, 2), Shape: small,
				Offerings: small.Offerings(), Slots: []runner.Slot{slot(1, build)},
			}},
		},
		"a job that has used up its attempts does not end while its last one boots": {
			items: []runner.Item{
				attempted(job(1, build, small), 1), attempted(job(2, build, small), 5), instance("i-1", build, runner.RunnerBooting),
			},
			want: []runner.Decision{waits(2, runner.Booting()), {
				Kind: runner.DecideLaunch, Reason: runner.Launching(small.Name, 2), Shape: small,
				Offerings: small.Offerings(), Slots: []runner.Slot{slot(1, build)},
			}},
		},
		"a job is not launched for before its time": {
			items: []runner.Item{notBefore(job(1, build, small), noon.Add(time.Minute))},
			next:  noon.Add(time.Minute),
		},
		"an offering that had no capacity is left out": {
			items: []runner.Item{job(1, build, small), out(noon.Add(time.Minute), small.Offerings()[0])},
			want: []runner.Decision{{
				Kind: runner.DecideLaunch, Reason: runner.Launching(small.Name, 1), Shape: small,
				Offerings: small.Offerings()[1:], Slots: []runner.Slot{slot(1, build)},
			}},
		},
		"no offering has capacity: the job waits for the first to be tried again": {
			items: []runner.Item{job(1, build, small), out(noon.Add(time.Minute), small.Offerings()...)},
			want:  []runner.Decision{waits(1, runner.OutOfCapacity(small.Name, noon.Add(time.Minute)))},
			next:  noon.Add(time.Minute),
		},
		"EC2's tokens are used up": {
			items: []runner.Item{job(1, build, small), noTokens},
			want:  []runner.Decision{waits(1, runner.EC2Rate())},
			next:  noon.Add(200 * time.Millisecond),
		},
		// The points come back 61 s after they were spent; a launch 45 s before that will boot by then.
		"GitHub's points are used up until after the boot": {
			items: []runner.Item{job(1, build, small), noPoints},
			want:  []runner.Decision{waits(1, runner.GitHubBudget("o"))},
			next:  noon.Add(6 * time.Second),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, next := scheduler.Decide(snapshot(test.items...), limits)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("decisions (-want +got):\n%s", diff)
			}
			if !next.Equal(test.next) {
				t.Errorf("next: got %v, want %v", next, test.next)
			}
		})
	}
}

func slot(id int64, of runner.Class) runner.Slot { return runner.Slot{Job: id, Class: of} }

func waits(id int64, reason runner.Reason) runner.Decision {
	return runner.Decision{Kind: runner.DecideWait, Job: id, Reason: reason}
}

func launches(shape runner.Shape, slots ...runner.Slot) runner.Decision {
	return runner.Decision{
		Kind: runner.DecideLaunch, Reason: runner.Launching(shape.Name, 1),
		Shape: shape, Offerings: shape.Offerings(), Slots: slots,
	}
}

func TestACallHasNoMoreInstancesThanItsLimit(t *testing.T) {
	var items []runner.Item
	for id := range int64(5) {
		items = append(items, job(id+1, build, small))
	}
	got, next := scheduler.Decide(snapshot(items...), scheduler.Limits{Trust: limits.Trust, PerCall: 3, Apps: []int64{1}})
	want := []runner.Decision{
		launches(small, slot(1, build), slot(2, build), slot(3, build)),
		waits(4, runner.EC2Rate()), waits(5, runner.EC2Rate()),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if !next.Equal(noon) {
		t.Errorf("next: got %v, want at once", next)
	}
}

func TestNoMoreIsLaunchedThanGitHubGivesJITConfigsFor(t *testing.T) {
	var items []runner.Item
	for id := range int64(300) {
		items = append(items, job(id+1, build, small))
	}
	// 20 slots are promised already, 30 instances still wait for theirs: 171 − 50 are left.
	open := runner.Launch{ID: "open", State: runner.LaunchOpen}
	for range 20 {
		open.Slots = append(open.Slots, slot(900, tests))
	}
	items = append(items, open)
	for n := range 30 {
		items = append(items, instance("i-"+string(rune('a'+n)), tests, runner.RunnerLaunching))
	}
	other := class("build")
	other.Scope.FullName = "other/r"
	items = append(items, job(301, other, small))

	got, _ := scheduler.Decide(snapshot(items...), limits)
	var launched []runner.Slot
	for _, decision := range got {
		launched = append(launched, decision.Slots...)
	}
	if got, want := len(launched), 121+1; got != want {
		t.Errorf("launched for %d jobs, want %d", got, want)
	}
	if !slices.ContainsFunc(launched, func(s runner.Slot) bool { return s.Job == 301 }) {
		t.Errorf("no slot is for job 301: another owner has a budget of its own")
	}
}
