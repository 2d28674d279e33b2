package demo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAFleetOfOneIsWhole(t *testing.T) {
	always := whole(func(localcloud.Call) localcloud.Trouble { return localcloud.Trouble{Kind: localcloud.Partial} })
	for count, want := range map[int]string{1: "", 2: localcloud.Partial} {
		got := always(localcloud.Call{Operation: localcloud.CreateFleet, Launch: &runner.LaunchRequest{Count: count}})
		if got.Kind != want {
			t.Errorf("a fleet of %d: got the trouble %q, want %q", count, got.Kind, want)
		}
	}
}

func TestOnlySoManyInstancesComeToHarm(t *testing.T) {
	bad := []localcloud.Fate{{LaunchFails: true}, {NeverBoots: true}, {KilledAfter: time.Second, TagsLost: true}, {InterruptedAfter: time.Second}}
	next := 0
	fate := spare(func(runner.Instance) localcloud.Fate { next++; return bad[next-1] }, 2)
	onDemand := runner.Instance{Offering: runner.Offering{Capacity: runner.OnDemand}}
	spot := runner.Instance{Offering: runner.Offering{Capacity: runner.Spot}}
	got := []localcloud.Fate{fate(onDemand), fate(onDemand), fate(onDemand), fate(spot)}
	want := []localcloud.Fate{bad[0], bad[1], {TagsLost: true}, bad[3]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fates (-want +got):\n%s", diff)
	}
}

func TestOnlySoManyRunnersAreStolen(t *testing.T) {
	asked := 0
	steal := spareRunners(func(localhub.RunnerEntry) bool { asked++; return asked != 2 }, 2)
	var got []bool
	for range 4 {
		got = append(got, steal(localhub.RunnerEntry{}))
	}
	if diff := cmp.Diff([]bool{true, false, true, false}, got); diff != "" {
		t.Errorf("stolen (-want +got):\n%s", diff)
	}
}

// No job of the smallest demos can meet with five of them.
func TestEightJobsMeetWithLessThanEndsAJob(t *testing.T) {
	if got := harmed(8) + stolen(8); got >= runner.MaxAttempts {
		t.Errorf("%d launches may bring nothing, want less than the %d attempts of a job", got, runner.MaxAttempts)
	}
}
