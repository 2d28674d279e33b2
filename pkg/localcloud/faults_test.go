package localcloud_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// faulty is a world in which something goes wrong.
func faulty(t *testing.T, faults localcloud.Faults) *world {
	t.Helper()
	return newWorld(t, localcloud.Config{Faults: &faults, Delays: slow})
}

// trouble is the same trouble with each call of an operation.
func trouble(operation string, what localcloud.Trouble) localcloud.Faults {
	return localcloud.Faults{Call: func(call localcloud.Call) localcloud.Trouble {
		if call.Operation == operation {
			return what
		}
		return localcloud.Trouble{}
	}}
}

func (w *world) wantFaults(t *testing.T, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, w.Books().Faults); diff != "" {
		t.Errorf("faults in the books, want - got +:\n%s", diff)
	}
}

func TestARefusedFleetCallLaunchesNothing(t *testing.T) {
	for kind, want := range map[string]struct {
		class runner.LaunchErrorClass
		code  string
	}{
		localcloud.Throttled:   {runner.Throttled, "RequestLimitExceeded"},
		localcloud.Unavailable: {runner.UnknownOutcome, "Unavailable"},
		localcloud.Quota:       {runner.Quota, "VcpuLimitExceeded"},
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := faulty(t, trouble(localcloud.CreateFleet, localcloud.Trouble{Kind: kind}))
				_, err := cloud.Launch(t.Context(), request("a", 3))
				wantLaunchError(t, err, want.class, want.code)
				if got := cloud.Books(); got.Launched != 0 || got.Calls[localcloud.CreateFleet] != 1 || got.Throttled != 0 {
					t.Errorf("books: got %+v, want one call, no launch, no lack of tokens", got)
				}
				cloud.wantFaults(t, map[string]int{kind: 1})
			})
		})
	}
}

func TestDescribeAndTerminateMayBeRefused(t *testing.T) {
	for kind, code := range map[string]string{localcloud.Throttled: "RequestLimitExceeded", localcloud.Unavailable: "Unavailable"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var down bool
				cloud := faulty(t, localcloud.Faults{Call: func(localcloud.Call) localcloud.Trouble {
					if down {
						return localcloud.Trouble{Kind: kind}
					}
					return localcloud.Trouble{}
				}})
				id := cloud.launch(t, "a", 1)[0].ID
				down = true
				_, err := cloud.Describe(t.Context(), runner.Query{})
				wantCode(t, err, code)
				wantCode(t, cloud.Terminate(t.Context(), []string{id}), code)
				synctest.Wait()
				if got := cloud.Books().Left; got != 1 {
					t.Errorf("instances left: got %d, want the one that was not ended", got)
				}
				cloud.wantFaults(t, map[string]int{kind: 2})
			})
		})
	}
}

func TestALostAnswerIsALaunchThatNobodyHeardOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := 2
		cloud := faulty(t, localcloud.Faults{Call: func(localcloud.Call) localcloud.Trouble {
			if lost--; lost >= 0 {
				return localcloud.Trouble{Kind: localcloud.AnswerLost}
			}
			return localcloud.Trouble{}
		}})
		for range 2 {
			_, err := cloud.Launch(t.Context(), request("a", 2))
			wantLaunchError(t, err, runner.UnknownOutcome, "RequestError")
		}
		if result, err := cloud.Launch(t.Context(), request("a", 2)); err != nil || len(result.Instances) != 0 {
			t.Errorf("the repeat: got %v, %v, want a fleet and no instances", result, err)
		}
		seen, err := cloud.Describe(t.Context(), runner.Query{Launch: "launch-a"})
		if err != nil || len(seen) != 2 {
			t.Errorf("by its tag: got %v, %v, want the two instances", seen, err)
		}
		cloud.wantFaults(t, map[string]int{localcloud.AnswerLost: 2})
	})
}

func TestALostAnswerOfTerminateIsAnEndAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := faulty(t, trouble(localcloud.TerminateInstances, localcloud.Trouble{Kind: localcloud.AnswerLost}))
		id := cloud.launch(t, "a", 1)[0].ID
		if err := cloud.Terminate(t.Context(), []string{id}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want an answer that breaks off", err)
		}
		cloud.untilNoneLeft(t)
	})
}

func TestALostAnswerOfDescribeTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := faulty(t, trouble(localcloud.DescribeInstances, localcloud.Trouble{Kind: localcloud.AnswerLost}))
		cloud.launch(t, "a", 1)
		if seen, err := cloud.Describe(t.Context(), runner.Query{}); seen != nil || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, %v, want an answer that breaks off", seen, err)
		}
		cloud.wantFaults(t, map[string]int{localcloud.AnswerLost: 1})
	})
}

func TestAHookIsToldWhatIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []localcloud.Call
		cloud := faulty(t, localcloud.Faults{Call: func(call localcloud.Call) localcloud.Trouble {
			calls = append(calls, call)
			return localcloud.Trouble{}
		}})
		instances := ids(cloud.launch(t, "a", 1))
		_, err := cloud.Describe(t.Context(), runner.Query{Instances: instances})
		if err := errors.Join(err, cloud.Terminate(t.Context(), instances)); err != nil {
			t.Fatal(err)
		}
		asked := request("a", 1)
		want := []localcloud.Call{
			{Operation: "CreateFleet", Launch: &asked},
			{Operation: "DescribeInstances", Instances: instances},
			{Operation: "TerminateInstances", Instances: instances},
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("calls, want - got +:\n%s", diff)
		}
	})
}

func TestAFleetMayBeGivenInPart(t *testing.T) {
	for _, test := range []struct {
		kind     string
		capacity runner.CapacityType
		class    runner.LaunchErrorClass
		code     string
	}{
		{localcloud.Partial, runner.OnDemand, runner.NoCapacity, "InsufficientInstanceCapacity"},
		{localcloud.Quota, runner.OnDemand, runner.Quota, "VcpuLimitExceeded"},
		{localcloud.Quota, runner.Spot, runner.Quota, "MaxSpotInstanceCountExceeded"},
	} {
		t.Run(fmt.Sprint(test.kind, " ", test.capacity), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := faulty(t, trouble(localcloud.CreateFleet, localcloud.Trouble{Kind: test.kind, Granted: 3}))
				result, err := cloud.Launch(t.Context(), requestOf(test.capacity, "a", 5))
				if err != nil || len(result.Instances) != 3 || len(result.Errors) != 1 {
					t.Fatalf("got %v, %v, want 3 instances and an error in the body", result, err)
				}
				wantLaunchError(t, &result.Errors[0], test.class, test.code)
				if result, err := cloud.Launch(t.Context(), requestOf(test.capacity, "b", 3)); err != nil || len(result.Errors) != 0 {
					t.Errorf("asked for what is granted: got %v, %v, want it in full", result, err)
				}
				cloud.wantFaults(t, map[string]int{test.kind: 1})
			})
		})
	}
}

func requestOf(capacity runner.CapacityType, token string, count int) runner.LaunchRequest {
	r := request(token, count)
	r.Shape.Capacity = capacity
	r.Offerings = r.Shape.Offerings()
	return r
}

func TestAnOfferingMayHaveNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := faulty(t, localcloud.Faults{NoCapacity: func(o runner.Offering) bool { return o.Type == "m7a.large" }})
		result, err := cloud.Launch(t.Context(), request("a", 4))
		if err != nil || len(result.Instances) != 4 || len(result.Errors) != 2 {
			t.Fatalf("got %v, %v, want 4 instances of the second type, and 2 offerings refused", result, err)
		}
		for _, e := range result.Errors {
			wantLaunchError(t, &e, runner.NoCapacity, "InsufficientInstanceCapacity")
		}
		cloud.wantFaults(t, map[string]int{localcloud.NoCapacity: 2})
	})
}
