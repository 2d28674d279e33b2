package localcloud_test

import (
	stdcmp "cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func wantLaunchError(t *testing.T, err error, class runner.LaunchErrorClass, code string) {
	t.Helper()
	var got *runner.LaunchError
	if !errors.As(err, &got) {
		t.Fatalf("error: got %v, want a LaunchError", err)
	}
	if got.Class != class || got.Code != code {
		t.Errorf("error: got class %s, code %s, want %s, %s", got.Class, got.Code, class, code)
	}
}

func TestAFleetTakesTheFirstTypeSpreadOverTheZones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		for _, instance := range cloud.launch(t, "a", 4) {
			if !regexp.MustCompile(`^i-[0-9a-f]{17}$`).MatchString(instance.ID) {
				t.Errorf("instance id: got %q, want i- and 17 hexadecimal digits", instance.ID)
			}
		}
		want := map[runner.Offering]int{offering("m7a.large", "a"): 2, offering("m7a.large", "b"): 2}
		if diff := cmp.Diff(want, cloud.Books().Offerings); diff != "" {
			t.Errorf("launches by offering, want - got +:\n%s", diff)
		}
	})
}

func TestPartialSuccessNamesEachOfferingThatHadNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		capacity := map[runner.Offering]int{offering("m7a.large", "a"): 1, offering("m7i.large", "b"): 2}
		cloud := newWorld(t, localcloud.Config{Capacity: func(o runner.Offering) int { return capacity[o] }})
		result, err := cloud.Launch(t.Context(), request("a", 5))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(capacity, cloud.Books().Offerings); diff != "" {
			t.Errorf("launches by offering, want - got +:\n%s", diff)
		}
		refused := map[runner.Offering]bool{}
		for _, e := range result.Errors {
			refused[e.Offering] = true
			wantLaunchError(t, &e, runner.NoCapacity, "InsufficientInstanceCapacity")
		}
		if got, want := len(result.Instances), 3; got != want {
			t.Errorf("instances: got %d, want %d", got, want)
		}
		if got, want := len(refused), 4; got != want || len(result.Errors) != want {
			t.Errorf("offerings refused: got %d in %d errors, want %d in as many", got, len(result.Errors), want)
		}
	})
}

func TestATerminatedInstanceGivesItsRoomBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		only := offering("m7a.large", "a")
		cloud := newWorld(t, localcloud.Config{Capacity: func(o runner.Offering) int {
			if o == only {
				return 1
			}
			return 0
		}})
		first := cloud.launch(t, "a", 1)
		if result, _ := cloud.Launch(t.Context(), request("b", 1)); len(result.Instances) != 0 {
			t.Fatalf("instances beyond the capacity: got %v, want none", result.Instances)
		}
		if err := cloud.Terminate(t.Context(), ids(first)); err != nil {
			t.Fatal(err)
		}
		cloud.untilNoneLeft(t)
		cloud.launch(t, "c", 1)
	})
}

func TestAClientTokenRepeatedLaunchesNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		first, err := cloud.Launch(t.Context(), request("a", 2))
		if err != nil {
			t.Fatal(err)
		}
		again, err := cloud.Launch(t.Context(), request("a", 2))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(runner.LaunchResult{Fleet: first.Fleet}, again); diff != "" {
			t.Errorf("the repeat's answer, want - got +:\n%s", diff)
		}
		_, err = cloud.Launch(t.Context(), request("a", 3))
		wantLaunchError(t, err, runner.BadRequest, "IdempotentParameterMismatch")
		if got, want := cloud.Books().Launched, 2; got != want {
			t.Errorf("launched: got %d, want %d", got, want)
		}
	})
}

func TestALaunchThatCannotBeIsRefused(t *testing.T) {
	other := shape
	other.Subnets = []runner.Subnet{{ID: "subnet-x", Zone: "eu-west-1a"}}
	elsewhere := func(r *runner.LaunchRequest) { r.Shape, r.Offerings = other, other.Offerings() }
	long := string(make([]byte, 65))
	for name, test := range map[string]struct {
		change func(*runner.LaunchRequest)
		class  runner.LaunchErrorClass
		code   string
	}{
		"no stack":       {func(r *runner.LaunchRequest) { r.Stack = "" }, runner.Denied, "UnauthorizedOperation"},
		"no instances":   {func(r *runner.LaunchRequest) { r.Count = 0 }, runner.BadRequest, "InvalidParameterValue"},
		"no offerings":   {func(r *runner.LaunchRequest) { r.Offerings = nil }, runner.BadRequest, "InvalidParameterValue"},
		"a long token":   {func(r *runner.LaunchRequest) { r.ClientToken = long }, runner.BadRequest, "InvalidParameterValue"},
		"no subnet":      {func(r *runner.LaunchRequest) { r.Offerings = other.Offerings() }, runner.BadRequest, "InvalidParameterValue"},
		"another region": {elsewhere, runner.BadRequest, "InvalidSubnetID.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newWorld(t, localcloud.Config{})
			r := request("a", 1)
			test.change(&r)
			_, err := cloud.Launch(t.Context(), r)
			wantLaunchError(t, err, test.class, test.code)
		})
	}
}

func TestALaunchThatIsGivenUpHasAnUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{Launch: time.Minute}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := cloud.Launch(ctx, request("a", 1))
		wantLaunchError(t, err, runner.UnknownOutcome, "RequestCanceled")
	})
}

func TestFleetCallsAreThrottledUntilTheBucketRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		all := tokens(runner.FleetCapacity + 2)
		for _, token := range all[:runner.FleetCapacity] {
			cloud.launch(t, token, 1)
		}
		throttled := all[runner.FleetCapacity]
		_, err := cloud.Launch(t.Context(), request(throttled, 1))
		wantLaunchError(t, err, runner.Throttled, "RequestLimitExceeded")
		time.Sleep(time.Second / runner.FleetRefill)
		cloud.launch(t, throttled, 1)
		_, err = cloud.Launch(t.Context(), request(all[runner.FleetCapacity+1], 1))
		wantLaunchError(t, err, runner.Throttled, "RequestLimitExceeded")

		books := cloud.Books()
		if got, want := books.Calls[localcloud.CreateFleet], runner.FleetCapacity+3; got != want {
			t.Errorf("calls: got %d, want %d", got, want)
		}
		if got, want := books.Throttled, 2; got != want {
			t.Errorf("throttled: got %d, want %d", got, want)
		}
	})
}

func TestLimitsMayBeRaised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Limits: map[string]localcloud.Limit{localcloud.RunInstances: {Capacity: 1001, Refill: 2}}})
		cloud.launch(t, "a", 500)
		cloud.launch(t, "b", 501)
		for _, token := range tokens(runner.FleetCapacity - 2) {
			_, err := cloud.Launch(t.Context(), request(token, 1))
			wantLaunchError(t, err, runner.Throttled, "RequestLimitExceeded")
		}
		if got, want := cloud.Books().Calls[localcloud.CreateFleet], runner.FleetCapacity; got != want {
			t.Errorf("calls with the published limit: got %d, want %d", got, want)
		}
	})
}

func TestABurstOfInstancesIsThrottledByTheirOwnBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		cloud.launch(t, "a", 500)
		cloud.launch(t, "b", 500)
		_, err := cloud.Launch(t.Context(), request("c", 2))
		wantLaunchError(t, err, runner.Throttled, "RequestLimitExceeded")
		time.Sleep(time.Second)
		cloud.launch(t, "c", 2)
	})
}

func compareEvents(a, b runner.Event) int {
	return stdcmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
}

func TestTheSameSeedIsTheSameStory(t *testing.T) {
	story := func(seed uint64) (story []runner.Event) {
		synctest.Test(t, func(t *testing.T) {
			cloud := newWorld(t, localcloud.Config{
				Seed: seed, Boot: func(context.Context, localcloud.Machine) { time.Sleep(time.Minute) },
				Delays: localcloud.Delays{Launch: time.Second, Pending: 5 * time.Second, Shutdown: 10 * time.Second, Event: time.Second},
			})
			cloud.launch(t, "a", 3)
			cloud.untilNoneLeft(t)
			cloud.Close()
			// Instances tell their stories side by side.
			story = slices.SortedFunc(slices.Values(cloud.heard()), compareEvents)
		})
		return story
	}
	first := story(1)
	if got, want := len(first), 12; got != want {
		t.Errorf("events: got %d, want %d", got, want)
	}
	if diff := cmp.Diff(first, story(1)); diff != "" {
		t.Errorf("the same seed, first - second +:\n%s", diff)
	}
	if cmp.Equal(first, story(2)) {
		t.Error("two seeds told the same story")
	}
}
