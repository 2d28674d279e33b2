package demo

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

func TestWithNoFaultsNothingIsOtherThanItWas(t *testing.T) {
	calm := newTrouble(Flags{Jobs: 8, Seed: 7})
	if got := calm.hub(localhub.Config{Seed: 7}); got.Faults != nil || got.Apps != 0 || got.JITLife != 0 || got.LostAfter != 0 {
		t.Errorf("got the hub %+v, want it unchanged", got)
	}
	if got := calm.cloud(localcloud.Config{Seed: 7}); got.Faults != nil || got.Notice != 0 {
		t.Errorf("got the cloud %+v, want it unchanged", got)
	}
	config := server.Config{Stack: stack, WebhookSecrets: []secret.Text{}}
	if diff := cmp.Diff(config, calm.server(config)); diff != "" {
		t.Errorf("the server's configuration (-want +got):\n%s", diff)
	}
	if got := calm.patience(); got != callFor {
		t.Errorf("a request may take %v, want %v", got, callFor)
	}
	if diff := cmp.Diff(sample(8, ""), calm.jobs(sample(8, ""))); diff != "" {
		t.Errorf("the jobs (-want +got):\n%s", diff)
	}
}

func TestEveryKindOfFaultHasItsChanceAndItsRepair(t *testing.T) {
	// These two come once each, and not by chance.
	want := []string{string(localhub.WebhookSenderOff), string(localhub.APIOutage)}
	for kind := range hubChances {
		want = append(want, string(kind))
	}
	want = append(want, localcloud.FaultKinds...)
	var got []string
	for _, repair := range repairs {
		got = append(got, repair.kind)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("repairs (-want +got):\n%s", diff)
	}
	cloud := slices.Sorted(maps.Keys(cloudChances))
	if diff := cmp.Diff(slices.Sorted(slices.Values(localcloud.FaultKinds)), cloud); diff != "" {
		t.Errorf("chances (-want +got):\n%s", diff)
	}
}

func TestAFleetOfOneIsWhole(t *testing.T) {
	always := partly(func(localcloud.Call) localcloud.Trouble { return localcloud.Trouble{Kind: localcloud.Partial} })
	for count, want := range map[int]string{1: "", 2: localcloud.Partial} {
		got := always(localcloud.Call{Operation: localcloud.CreateFleet, Launch: &runner.LaunchRequest{Count: count}})
		if got.Kind != want {
			t.Errorf("a fleet of %d: got the trouble %q, want %q", count, got.Kind, want)
		}
	}
}

func TestTheFirstLineNamesTheIntervals(t *testing.T) {
	got := newTrouble(Flags{Jobs: 64, Faults: true}).String()
	for _, want := range []string{"every 2 s", "18 s to boot", "gone after 6 s", "left alone for 3 s", "silent runner after 5 s", "sender of webhooks"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	if strings.Contains(got, "%") {
		t.Errorf("got %q, want every interval in words", got)
	}
}

func TestTheTableOfFaultsHasThoseThatFired(t *testing.T) {
	got := faultTable(map[string]int{localcloud.Throttled: 3, string(localhub.WebhookLost): 12})
	want := `FAULT                FIRED  REPAIR
webhook_lost            12  the jobs are read from GitHub
throttled                3  the same call again, with the same token
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
