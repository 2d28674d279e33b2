package localcloud_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var slow = localcloud.Delays{Pending: 5 * time.Second, Shutdown: 10 * time.Second}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var got smithy.APIError
	if !errors.As(err, &got) || got.ErrorCode() != code {
		t.Errorf("error: got %v, want the code %s", err, code)
	}
}

func TestAMachineThatPowersOffIsTerminated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{
			Delays: slow, Boot: func(context.Context, localcloud.Machine) { time.Sleep(time.Minute) },
		})
		id := cloud.launch(t, "a", 1)[0].ID
		began := time.Now()
		cloud.untilNoneLeft(t)
		synctest.Wait()
		if diff := cmp.Diff([]string{"pending", "running", "shutting-down", "terminated"}, cloud.story(id)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
		if got := time.Since(began); got < 72*time.Second || got > 78*time.Second {
			t.Errorf("its life took %v, want 75s, a fifth of the delays more or less", got)
		}
	})
}

func TestTerminateEndsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: slow})
		id := cloud.launch(t, "a", 1)[0].ID
		time.Sleep(time.Minute)
		for range 2 {
			if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := cloud.Books().States[localcloud.ShuttingDown], 1; got != want {
			t.Errorf("shutting down at once: got %d, want %d", got, want)
		}
		cloud.untilNoneLeft(t)
		synctest.Wait()
		if diff := cmp.Diff([]string{"pending", "running", "shutting-down", "terminated"}, cloud.story(id)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
		if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
			t.Errorf("terminating what is terminated: got %v, want no error", err)
		}
	})
}

func TestAnInstanceThatIsTerminatedWhilePendingNeverBoots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: slow})
		id := cloud.launch(t, "a", 1)[0].ID
		if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
			t.Fatal(err)
		}
		cloud.untilNoneLeft(t)
		synctest.Wait()
		if diff := cmp.Diff([]string{"pending", "shutting-down", "terminated"}, cloud.story(id)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
		if machine := cloud.machine(id); machine.Metadata != nil {
			t.Error("it booted")
		}
	})
}

func TestAnInstanceIsGoneOnlyWhenItsProgramsAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Boot: func(ctx context.Context, _ localcloud.Machine) {
			<-ctx.Done()
			time.Sleep(time.Minute)
		}})
		id := cloud.launch(t, "a", 1)[0].ID
		synctest.Wait()
		if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Second)
		if got, want := cloud.Books().Left, 1; got != want {
			t.Errorf("left while it still stops: got %d, want %d", got, want)
		}
		cloud.untilNoneLeft(t)
	})
}

func TestTerminateIsAllOrNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		ours := cloud.launch(t, "a", 1)[0].ID
		foreign := request("b", 1)
		foreign.Stack = "another"
		result, err := cloud.Launch(t.Context(), foreign)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, cloud.Terminate(t.Context(), []string{ours, "i-unknown"}), "InvalidInstanceID.NotFound")
		wantCode(t, cloud.Terminate(t.Context(), []string{ours, result.Instances[0].ID}), "UnauthorizedOperation")
		synctest.Wait()
		if diff := cmp.Diff(map[string]int{"running": 2}, cloud.Books().States); diff != "" {
			t.Errorf("instances by state, want - got +:\n%s", diff)
		}
	})
}

func TestDelaysVaryByAFifthAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{Pending: 10 * time.Second}})
		cloud.launch(t, "a", 100)
		began := time.Now()
		time.Sleep(time.Minute)
		shortest, longest := time.Hour, time.Duration(0)
		for _, event := range cloud.heard() {
			if event.Instance.State == "running" {
				shortest, longest = min(shortest, event.At.Sub(began)), max(longest, event.At.Sub(began))
			}
		}
		if shortest < 8*time.Second || shortest > 9*time.Second || longest < 11*time.Second || longest > 12*time.Second {
			t.Errorf("pending took from %v to %v, want from about 8s to about 12s", shortest, longest)
		}
	})
}

func TestEventsTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{Event: time.Minute}})
		id := cloud.launch(t, "a", 1)[0].ID
		time.Sleep(40 * time.Second)
		if got := cloud.story(id); got != nil {
			t.Errorf("told too soon: %v", got)
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"pending", "running"}, cloud.story(id)); diff != "" {
			t.Errorf("states told, want - got +:\n%s", diff)
		}
	})
}

func TestDescribeLagsAndFindsByLaunchAndID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{DescribeLag: 3 * time.Second}})
		instance := cloud.launch(t, "a", 1)[0]
		launchedAt := time.Now()
		query := runner.Query{Launch: "launch-a"}
		expect := func(what string, want ...runner.Seen) {
			t.Helper()
			got, err := cloud.Describe(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, want - got +:\n%s", what, diff)
			}
		}
		seen := runner.Seen{Instance: instance, Launch: "launch-a", State: "running", LaunchedAt: launchedAt}
		expect("at once")
		time.Sleep(3 * time.Second)
		expect("after the lag", seen)

		if err := cloud.Terminate(t.Context(), []string{instance.ID}); err != nil {
			t.Fatal(err)
		}
		expect("just terminated", seen)
		time.Sleep(3 * time.Second)
		seen.State = "terminated"
		expect("terminated, after the lag", seen)
		query = runner.Query{Instances: []string{"i-unknown", instance.ID, instance.ID}}
		expect("by id", seen)
		query = runner.Query{Launch: "launch-b"}
		expect("of another launch")
		query = runner.Query{}
		expect("all", seen)
		time.Sleep(time.Hour + time.Second)
		expect("an hour after it ended")
	})
}

func TestDescribeTellsOfItsStackAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		ours := cloud.launch(t, "a", 3)
		foreign := request("b", 1)
		foreign.Stack = "another"
		result, err := cloud.Launch(t.Context(), foreign)
		if err != nil {
			t.Fatal(err)
		}
		reversed := []string{result.Instances[0].ID, ours[2].ID, ours[1].ID, ours[0].ID}
		for _, query := range []runner.Query{{}, {Instances: reversed}} {
			seen, err := cloud.Describe(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			var got []runner.Instance
			for _, one := range seen {
				got = append(got, one.Instance)
			}
			if diff := cmp.Diff(ours, got); diff != "" {
				t.Errorf("%+v: instances, want - got +:\n%s", query, diff)
			}
		}
	})
}

func TestDescribeAndTerminateAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		for range 100 {
			if _, err := cloud.Describe(t.Context(), runner.Query{}); err != nil {
				t.Fatal(err)
			}
			if err := cloud.Terminate(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		_, err := cloud.Describe(t.Context(), runner.Query{})
		wantCode(t, err, "RequestLimitExceeded")
		wantCode(t, cloud.Terminate(t.Context(), nil), "RequestLimitExceeded")
		time.Sleep(200 * time.Millisecond)
		if err := cloud.Terminate(t.Context(), nil); err != nil {
			t.Errorf("after the refill: got %v, want no error", err)
		}
	})
}

func TestCloseEndsAllAndTellsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{Shutdown: time.Hour, Event: time.Hour}})
		instances := cloud.launch(t, "a", 3)
		synctest.Wait()
		began := time.Now()
		cloud.Close()
		if got := time.Since(began); got != 0 {
			t.Errorf("closing took %v, want no time", got)
		}
		for _, instance := range instances {
			if diff := cmp.Diff([]string{"pending", "running", "shutting-down", "terminated"}, cloud.story(instance.ID)); diff != "" {
				t.Errorf("states, want - got +:\n%s", diff)
			}
		}
		books := cloud.Books()
		if books.Launched != 3 || books.Left != 0 || books.MaxConcurrent != 3 {
			t.Errorf("books: got %+v, want 3 launched, none left, 3 at once", books)
		}
		_, err := cloud.Launch(t.Context(), request("b", 1))
		wantLaunchError(t, err, runner.UnknownOutcome, "ServiceUnavailable")
	})
}
