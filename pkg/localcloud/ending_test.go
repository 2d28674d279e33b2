package localcloud_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// bootSpot launches a spot instance and waits until it runs.
func (w *world) bootSpot(t *testing.T) localcloud.Machine {
	t.Helper()
	result, err := w.Launch(t.Context(), requestOf(runner.Spot, "spot", 1))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
	return w.machine(result.Instances[0].ID)
}

// notice is what the metadata says of an interruption.
func notice(machine localcloud.Machine) (status int, body string) {
	session := text(ask(machine.Metadata, "PUT", "/latest/api/token", tokenTTL, "60"))
	response := ask(machine.Metadata, "GET", "/latest/meta-data/spot/instance-action", token, session)
	return response.StatusCode, text(response)
}

func TestAnInterruptedInstanceIsToldAndEndsTwoMinutesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: slow})
		machine := cloud.bootSpot(t)
		id := machine.Instance.ID
		if status, body := notice(machine); status != 404 {
			t.Errorf("notice before: got %d %q, want none", status, body)
		}
		began := time.Now()
		if !cloud.Interrupt(id) {
			t.Fatal("it was not interrupted")
		}
		if cloud.Interrupt(id) {
			t.Error("it was interrupted a second time")
		}
		ends := began.Add(2 * time.Minute).UTC().Truncate(time.Second).Format(time.RFC3339)
		if status, body := notice(machine); status != 200 || !strings.Contains(body, `"action": "terminate"`) || !strings.Contains(body, ends) {
			t.Errorf("notice: got %d %q, want terminate at %s", status, body, ends)
		}
		synctest.Wait()
		events := cloud.heard()
		if diff := cmp.Diff(&runner.InstanceEvent{Instance: id, Action: "terminate"}, events[len(events)-1].Instance); diff != "" {
			t.Errorf("the last event, want - got +:\n%s", diff)
		}
		time.Sleep(119 * time.Second)
		if got := cloud.Books().States[localcloud.Running]; got != 1 {
			t.Errorf("running before the two minutes are over: got %d, want 1", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := cloud.Books().States[localcloud.ShuttingDown]; got != 1 {
			t.Errorf("shutting down after them: got %d, want 1", got)
		}
		cloud.untilNoneLeft(t)
		cloud.wantFaults(t, map[string]int{localcloud.Interrupted: 1})
	})
}

func TestTheNoticeMayBeShortAndComeBeforeTheBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{Pending: time.Minute}, Notice: time.Second})
		result, err := cloud.Launch(t.Context(), requestOf(runner.Spot, "a", 1))
		if err != nil || !cloud.Interrupt(result.Instances[0].ID) {
			t.Fatalf("got %v, want an instance that is interrupted while it is pending", err)
		}
		began := time.Now()
		cloud.untilNoneLeft(t)
		if got := time.Since(began); got != time.Second {
			t.Errorf("it ended after %v, want 1s", got)
		}
	})
}

func TestOnlySpotInstancesThatLiveAreInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		if cloud.Interrupt(cloud.launch(t, "a", 1)[0].ID) || cloud.Interrupt("i-unknown") {
			t.Error("an on-demand or an unknown instance was interrupted")
		}
		id := cloud.bootSpot(t).Instance.ID
		if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
			t.Fatal(err)
		}
		if cloud.Interrupt(id) || cloud.Kill(id) {
			t.Error("an instance that ends was interrupted or killed")
		}
		cloud.wantFaults(t, map[string]int{})
	})
}

func TestAKilledInstanceEndsAtOnceAndCanTellNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		machine := s.boot(t, "a")
		id := machine.Instance.ID
		mine := s.as(s.role(t, machine))
		mustPut(t, mine, runner.ReportKey(roleID, id, 1), "listening")
		if !s.Kill(id) {
			t.Fatal("it was not killed")
		}
		if err := mine.Put(t.Context(), runner.ReportKey(roleID, id, 2), nil); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("a report of the dead: got %v, want 403", err)
		}
		s.untilNoneLeft(t)
		s.wantFaults(t, map[string]int{localcloud.Killed: 1})
	})
}

func TestAFateComesAfterItsTime(t *testing.T) {
	for kind, fate := range map[string]localcloud.Fate{
		localcloud.Interrupted: {InterruptedAfter: 2 * time.Minute},
		localcloud.Killed:      {KilledAfter: 2 * time.Minute},
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := fated(t, fate)
				cloud.bootSpot(t)
				cloud.wantFaults(t, map[string]int{})
				time.Sleep(2 * time.Minute)
				cloud.wantFaults(t, map[string]int{kind: 1})
				cloud.untilNoneLeft(t)
			})
		})
	}
}

func TestAnInstanceThatEndsEscapesItsFate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fated(t, localcloud.Fate{InterruptedAfter: time.Hour, KilledAfter: time.Hour})
		id := cloud.bootSpot(t).Instance.ID
		if err := cloud.Terminate(t.Context(), []string{id}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		cloud.wantFaults(t, map[string]int{})
	})
}

func TestTheBooksHaveEachInstancesTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStoreOf(t, localcloud.Config{Delays: slow})
		launchedAt := time.Now()
		instance := s.launch(t, "a", 1)[0]
		time.Sleep(10 * time.Second)
		key := runner.AssignmentKey(roleID, instance.ID)
		assignedAt := time.Now()
		mustPut(t, s.as(s.ServerCredentials()), key, "once")
		time.Sleep(time.Second)
		mustPut(t, s.as(s.ServerCredentials()), key, "again")
		if err := s.Terminate(t.Context(), []string{instance.ID}); err != nil {
			t.Fatal(err)
		}
		s.untilNoneLeft(t)
		got := s.Instances()
		want := []localcloud.InstanceEntry{{
			ID: instance.ID, Launch: "launch-a", Offering: instance.Offering, Image: "ami-1", State: "terminated",
			LaunchedAt: launchedAt, RunningAt: got[0].RunningAt, AssignedAt: assignedAt, TerminatedAt: time.Now(),
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("instances, want - got +:\n%s", diff)
		}
		if booted := got[0].RunningAt.Sub(launchedAt); booted < 4*time.Second || booted > 6*time.Second {
			t.Errorf("running after %v, want 5s, a fifth more or less", booted)
		}
	})
}
