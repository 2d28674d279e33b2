package launch_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/launch"
)

var (
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	class = runner.Class{Installation: 42, Scope: runner.Repository{ID: 1, FullName: "o/r"}, Labels: []string{"mayfly"}}
	shape = runner.Shape{
		Name: "2cpu-linux-x64", Image: "ami-1", Types: []string{"m7a.large"}, Capacity: runner.OnDemand,
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}},
	}
)

// planned is a snapshot in which one launch, for jobs 1 and 2, is to be called.
func planned(t *testing.T) (runner.Snapshot, runner.Launch) {
	t.Helper()
	s := runner.NewSnapshot(
		runner.Job{ID: 1, State: runner.JobQueued, Class: class, Shape: shape},
		runner.Job{ID: 2, State: runner.JobQueued, Class: class, Shape: shape},
	)
	s.Now = noon
	s.Put(launch.Plan(s, runner.Decision{
		Kind: runner.DecideLaunch, Shape: shape, Offerings: shape.Offerings(),
		Slots: []runner.Slot{{Job: 1, Class: class}, {Job: 2, Class: class}},
	}, "prod", "l1")...)
	return s, s.Launches["l1"]
}

func TestAPlanFreezesTheWholeRequest(t *testing.T) {
	s, got := planned(t)
	want := runner.Launch{
		ID: "l1", State: runner.LaunchOpen, DecidedAt: noon, Slots: []runner.Slot{{Job: 1, Class: class}, {Job: 2, Class: class}},
		Request: runner.LaunchRequest{
			Launch: "l1", Stack: "prod", ClientToken: runner.ClientToken("prod", "l1", 1, runner.OnDemand),
			Shape: shape, Offerings: shape.Offerings(), Count: 2,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("launch (-want +got):\n%s", diff)
	}
	if got := s.Buckets.Fleet.Tokens(noon); got != runner.FleetCapacity-1 {
		t.Errorf("%v fleet tokens are left, want %v", got, runner.FleetCapacity-1)
	}
	for id, job := range s.Jobs {
		if job.Attempts != 1 || !job.DecidedAt.Equal(noon) || job.Reason != runner.Launching(shape.Name, 1) {
			t.Errorf("job %d: attempts %d, decided at %v, reason %q", id, job.Attempts, job.DecidedAt, job.Reason)
		}
	}
}

func TestSettle(t *testing.T) {
	a, b := shape.Offerings()[0], shape.Offerings()[1]
	one := runner.Instance{ID: "i-1", Offering: a}
	two := runner.Instance{ID: "i-2", Offering: b}
	problem := func(class runner.LaunchErrorClass, code string, offering runner.Offering) runner.LaunchError {
		return runner.LaunchError{Class: class, Code: code, Message: "why", Offering: offering}
	}
	as := func(e runner.LaunchError) error { return &e }
	until := noon.Add(8 * time.Second)

	failed := func(class runner.LaunchErrorClass, code string) runner.Reason {
		return runner.LaunchFailed(runner.LaunchError{Class: class, Code: code}, until)
	}
	lasting := func(class runner.LaunchErrorClass, code string) runner.Reason {
		return runner.LaunchFailed(runner.LaunchError{Class: class, Code: code}, noon.Add(time.Minute))
	}

	type after struct {
		Open     bool
		Runners  []string // instances
		Attempts int      // of job 2
		Job2     runner.JobState
		Reason   runner.Reason // of job 2
		NextAt   time.Time     // of job 2, or of the launch while it is open
		Out      []runner.Offering
	}
	launching := runner.Launching(shape.Name, 1)
	for what, test := range map[string]struct {
		result runner.LaunchResult
		err    error
		want   after
	}{
		"all of it": {
			result: runner.LaunchResult{Instances: []runner.Instance{one, two}},
			want:   after{Runners: []string{"i-1", "i-2"}, Attempts: 1, Job2: runner.JobQueued, Reason: launching},
		},
		"one of two: the older job's; the other offering is tried at once": {
			result: runner.LaunchResult{Instances: []runner.Instance{one}, Errors: []runner.LaunchError{problem(runner.NoCapacity, "ICE", b)}},
			want:   after{Runners: []string{"i-1"}, Attempts: 1, Job2: runner.JobQueued, Reason: failed(runner.NoCapacity, "ICE"), Out: []runner.Offering{b}},
		},
		"a quota in the body uses up no attempt": {
			result: runner.LaunchResult{Instances: []runner.Instance{one}, Errors: []runner.LaunchError{
				problem(runner.NoCapacity, "ICE", b), problem(runner.Quota, "VcpuLimitExceeded", a),
			}},
			want: after{Runners: []string{"i-1"}, Job2: runner.JobQueued, Reason: lasting(runner.Quota, "VcpuLimitExceeded"), Out: []runner.Offering{a, b}},
		},
		"fewer than asked for, and no word why": {
			result: runner.LaunchResult{Instances: []runner.Instance{one}},
			want:   after{Runners: []string{"i-1"}, Attempts: 1, Job2: runner.JobQueued, Reason: failed(runner.NoCapacity, "fewer instances than asked for")},
		},
		"throttled: the same call again, later": {
			err:  as(problem(runner.Throttled, "RequestLimitExceeded", runner.Offering{})),
			want: after{Open: true, Attempts: 1, Job2: runner.JobQueued, Reason: launching, NextAt: until},
		},
		"no answer: perhaps it did launch, so the same call again": {
			err:  errors.New("connection reset"),
			want: after{Open: true, Attempts: 1, Job2: runner.JobQueued, Reason: launching, NextAt: until},
		},
		"denied: the offerings are parked, the jobs not lost": {
			err:  as(problem(runner.Denied, "UnauthorizedOperation", runner.Offering{})),
			want: after{Job2: runner.JobQueued, Reason: lasting(runner.Denied, "UnauthorizedOperation"), Out: []runner.Offering{a, b}},
		},
		"a mistake in one offering is nothing to the other, which is tried once it has capacity again": {
			result: runner.LaunchResult{Errors: []runner.LaunchError{
				problem(runner.BadRequest, "InvalidParameter", a), problem(runner.NoCapacity, "ICE", b),
			}},
			want: after{Attempts: 1, Job2: runner.JobQueued, Reason: failed(runner.BadRequest, "InvalidParameter"), Out: []runner.Offering{a, b}},
		},
		"of a mistake and a quota, the quota decides": {
			result: runner.LaunchResult{Errors: []runner.LaunchError{
				problem(runner.BadRequest, "InvalidParameter", a), problem(runner.Quota, "VcpuLimitExceeded", b),
			}},
			want: after{Job2: runner.JobQueued, Reason: lasting(runner.Quota, "VcpuLimitExceeded"), Out: []runner.Offering{a, b}},
		},
		"what some instances were given of is no mistake altogether": {
			result: runner.LaunchResult{Instances: []runner.Instance{one}, Errors: []runner.LaunchError{
				problem(runner.BadRequest, "InvalidParameter", runner.Offering{}),
			}},
			want: after{Runners: []string{"i-1"}, Attempts: 1, Job2: runner.JobQueued, Reason: failed(runner.BadRequest, "InvalidParameter")},
		},
		"a mistake in every offering is refused": {
			result: runner.LaunchResult{Errors: []runner.LaunchError{
				problem(runner.BadRequest, "InvalidParameter", a), problem(runner.BadRequest, "InvalidParameter", b),
			}},
			want: after{Attempts: 1, Job2: runner.JobRefused, Reason: runner.LaunchRejected("InvalidParameter", "why")},
		},
		"the image is every offering's": {
			result: runner.LaunchResult{Errors: []runner.LaunchError{problem(runner.NoCapacity, "ICE", b), problem(runner.BadRequest, "InvalidAMIID.NotFound", a)}},
			want:   after{Attempts: 1, Job2: runner.JobRefused, Reason: runner.LaunchRejected("InvalidAMIID.NotFound", "why")},
		},
		"an image that its label may not name is its author's to mend": {
			err:  as(problem(runner.BadRequest, runner.ImageNotAllowed, runner.Offering{})),
			want: after{Attempts: 1, Job2: runner.JobRefused, Reason: runner.NotAllowed("ami="+shape.Image, "why")},
		},
		"a call that is refused for one subnet is made without it": {
			err: as(runner.LaunchError{Class: runner.BadRequest, Code: "InvalidSubnetID.NotFound", Message: "The subnet ID 'subnet-b' does not exist"}),
			want: after{
				Attempts: 1, Job2: runner.JobQueued, Reason: failed(runner.BadRequest, "InvalidSubnetID.NotFound"), Out: []runner.Offering{b},
			},
		},
		"a call that is refused for the only type is refused": {
			err:  as(runner.LaunchError{Class: runner.BadRequest, Code: "InvalidParameterValue", Message: "not with m7a.large."}),
			want: after{Attempts: 1, Job2: runner.JobRefused, Reason: runner.LaunchRejected("InvalidParameterValue", "not with m7a.large.")},
		},
		"what can never work is refused": {
			err:  as(problem(runner.BadRequest, "InvalidAMIID.NotFound", runner.Offering{})),
			want: after{Attempts: 1, Job2: runner.JobRefused, Reason: runner.LaunchRejected("InvalidAMIID.NotFound", "why")},
		},
	} {
		t.Run(what, func(t *testing.T) {
			s, open := planned(t)
			job2 := s.Jobs[2]
			var got after
			for _, item := range launch.Settle(s, open, test.result, test.err, 8*time.Second, runner.NoCapacityMemory) {
				switch item := item.(type) {
				case runner.Launch:
					got.Open, got.NextAt = item.Live(), item.NextAt
				case runner.Runner:
					got.Runners = append(got.Runners, item.Instance)
				case runner.CapacityMemory:
					for _, out := range item.Out {
						got.Out = append(got.Out, out.Offering)
					}
				case runner.Job:
					if item.ID == job2.ID {
						job2, got.NextAt = item, item.NextAt
					}
				}
			}
			got.Job2, got.Attempts, got.Reason = job2.State, job2.Attempts, job2.Reason
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAThrottledCallStopsTheOthersToo(t *testing.T) {
	s, open := planned(t)
	s.Put(launch.Settle(s, open, runner.LaunchResult{}, &runner.LaunchError{Class: runner.Throttled}, time.Second, runner.NoCapacityMemory)...)
	if got := s.Buckets.Fleet.Tokens(noon); got != 0 {
		t.Errorf("%v fleet tokens are left, want none: EC2 says so", got)
	}
}

func TestARunnerServesItsSlotsClass(t *testing.T) {
	s, open := planned(t)
	offering := shape.Offerings()[0]
	s.Put(launch.Settle(s, open, runner.LaunchResult{Instances: []runner.Instance{{ID: "i-1", Offering: offering}}}, nil, 0, 0)...)
	want := runner.Runner{
		Instance: "i-1", Launch: "l1", Class: class, Image: shape.Image, Offering: offering, Suffix: 1,
		State: runner.RunnerLaunching, Stamps: runner.Stamps[runner.RunnerState]{runner.RunnerLaunching: noon},
	}
	if diff := cmp.Diff(want, s.Runners["i-1"]); diff != "" {
		t.Errorf("runner (-want +got):\n%s", diff)
	}
}
