package localcloud_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/bucket"
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

// fated is a world with one fate for all instances.
func fated(t *testing.T, fate localcloud.Fate) *world {
	t.Helper()
	return faulty(t, localcloud.Faults{Fate: func(runner.Instance) localcloud.Fate { return fate }})
}

func TestALaunchMayFailAfterItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fated(t, localcloud.Fate{LaunchFails: true})
		id := cloud.launch(t, "a", 1)[0].ID
		cloud.untilNoneLeft(t)
		synctest.Wait()
		if diff := cmp.Diff([]string{"pending", "terminated"}, cloud.story(id)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
		if cloud.machine(id).Metadata != nil {
			t.Error("it booted")
		}
		cloud.wantFaults(t, map[string]int{localcloud.LaunchFailed: 1})
	})
}

func TestAnInstanceMayRunAndNeverBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fated(t, localcloud.Fate{NeverBoots: true})
		id := cloud.launch(t, "a", 1)[0].ID
		time.Sleep(time.Hour)
		if got := cloud.Books().States[localcloud.Running]; got != 1 || cloud.machine(id).Metadata != nil {
			t.Errorf("running: got %d, want one that never booted", got)
		}
		if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
			t.Fatal(err)
		}
		cloud.untilNoneLeft(t)
		cloud.wantFaults(t, map[string]int{localcloud.NeverBoots: 1})
	})
}

func TestALostTagHidesTheLaunchAndNotTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fated(t, localcloud.Fate{TagsLost: true})
		instance := cloud.launch(t, "a", 1)[0]
		if seen, err := cloud.Describe(t.Context(), runner.Query{Launch: "launch-a"}); err != nil || seen != nil {
			t.Errorf("by its tag: got %v, %v, want none", seen, err)
		}
		seen, err := cloud.Describe(t.Context(), runner.Query{})
		if want := []runner.Seen{{Instance: instance, State: "pending", LaunchedAt: time.Now()}}; err != nil || !cmp.Equal(seen, want) {
			t.Errorf("all: got %v, %v, want %v", seen, err, want)
		}
		if got, want := cloud.Instances()[0].Launch, "launch-a"; got != want {
			t.Errorf("launch in the books: got %q, want %q", got, want)
		}
		if err := cloud.Terminate(t.Context(), []string{instance.ID}); err != nil {
			t.Errorf("terminate: got %v, want no error", err)
		}
		cloud.wantFaults(t, map[string]int{localcloud.TagsLost: 1})
	})
}

func TestDescribeMayLagMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := faulty(t, localcloud.Faults{Lag: func() time.Duration { return time.Minute }})
		cloud.launch(t, "a", 1)
		time.Sleep(59 * time.Second)
		if seen, err := cloud.Describe(t.Context(), runner.Query{}); err != nil || seen != nil {
			t.Errorf("within the lag: got %v, %v, want none", seen, err)
		}
		time.Sleep(time.Second)
		if seen, err := cloud.Describe(t.Context(), runner.Query{}); err != nil || len(seen) != 1 {
			t.Errorf("after the lag: got %v, %v, want one", seen, err)
		}
		cloud.wantFaults(t, map[string]int{localcloud.DescribeLag: 2})
	})
}

// onState is a delivery of the word of one state, and of no other.
func onState(state string, way localcloud.Delivery) localcloud.Faults {
	return localcloud.Faults{Delivery: func(event runner.Event) localcloud.Delivery {
		if event.Instance != nil && event.Instance.State == state {
			return way
		}
		return localcloud.Delivery{}
	}}
}

func TestEventsMayBeLostDoubledAndOvertaken(t *testing.T) {
	for name, test := range map[string]struct {
		way    localcloud.Delivery
		story  []string
		faults map[string]int
	}{
		"lost":    {localcloud.Delivery{Lost: true}, []string{"pending", "shutting-down", "terminated"}, map[string]int{"event_lost": 1}},
		"doubled": {localcloud.Delivery{Duplicated: true}, []string{"pending", "running", "running", "shutting-down", "terminated"}, map[string]int{"event_duplicated": 1}},
		"delayed": {localcloud.Delivery{Delay: time.Hour}, []string{"pending", "shutting-down", "terminated", "running"}, map[string]int{"event_delayed": 1}},
		"its copy delayed": {localcloud.Delivery{Duplicated: true, Delay: time.Hour}, []string{"pending", "running", "shutting-down", "terminated", "running"},
			map[string]int{"event_duplicated": 1, "event_delayed": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				faults := onState("running", test.way)
				cloud := newWorld(t, localcloud.Config{Faults: &faults, Boot: func(context.Context, localcloud.Machine) { time.Sleep(time.Minute) }})
				id := cloud.launch(t, "a", 1)[0].ID
				time.Sleep(2 * time.Hour)
				if diff := cmp.Diff(test.story, cloud.story(id)); diff != "" {
					t.Errorf("states told, want - got +:\n%s", diff)
				}
				cloud.wantFaults(t, test.faults)
			})
		})
	}
}

func TestTheWordOfAReportMayBeLostAndTheReportIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStoreOf(t, localcloud.Config{Faults: &localcloud.Faults{Delivery: func(event runner.Event) localcloud.Delivery {
			return localcloud.Delivery{Lost: event.Object != nil}
		}}})
		machine := s.boot(t, "a")
		key := runner.ReportKey(roleID, machine.Instance.ID, 1)
		mustPut(t, s.as(s.role(t, machine)), key, "listening")
		synctest.Wait()
		if slices.ContainsFunc(s.heard(), func(event runner.Event) bool { return event.Object != nil }) {
			t.Error("the report was told of")
		}
		if body, err := s.as(s.ServerCredentials()).Get(t.Context(), key); err != nil || string(body) != "listening" {
			t.Errorf("the report: got %q, %v, want it there", body, err)
		}
		s.wantFaults(t, map[string]int{localcloud.ReportLost: 1})
	})
}

func TestS3MayBeUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(time.Minute)
		s := newStoreOf(t, localcloud.Config{Faults: &localcloud.Faults{S3: func(string, string) bool { return time.Now().Before(until) }}})
		b := s.as(s.ServerCredentials())
		_, getting := b.Get(t.Context(), "key")
		for verb, err := range map[string]error{"put": b.Put(t.Context(), "key", nil), "get": getting, "delete": b.Delete(t.Context(), "key")} {
			if err == nil || errors.Is(err, bucket.ErrNotFound) {
				t.Errorf("%s: got %v, want that S3 is unavailable", verb, err)
			}
		}
		s.wantFaults(t, map[string]int{localcloud.S3Unavailable: 9}) // the SDK tries three times
		time.Sleep(time.Minute)
		mustPut(t, b, "key", "text")
	})
}
