package localcloud_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

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
