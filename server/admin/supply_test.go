package admin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

func TestLaunchesAreCountedByOffering(t *testing.T) {
	other := runner.Offering{Type: "c7a.large", Zone: "us-east-1b", Capacity: runner.OnDemand}
	out := runner.Offering{Type: "m7g.large", Zone: "us-east-1c", Capacity: runner.Spot}
	failed := must(launched("i-2", "l", 0).To(runner.RunnerFailed, after(1), runner.NeverBooted(time.Minute)))
	elsewhere := launched("i-3", "l", 0)
	elsewhere.Offering = other
	memory := runner.CapacityMemory{}.Remember(out, noon, time.Minute).Remember(other, noon.Add(-time.Hour), time.Minute)
	var board admin.Board
	board.Put(after(9), launched("i-1", "l", 0), must(failed.To(runner.RunnerTerminated, after(2), failed.Reason)), elsewhere, memory)
	want := []admin.Offering{
		{Offering: offering, Launched: 2, There: 1, Failed: 1},
		{Offering: other, Launched: 1, There: 1},
		{Offering: out, OutUntil: after(60)},
	}
	if diff := cmp.Diff(want, admin.View(board.Read(), after(9)).Offerings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRunnersComeOldestFirstAndSayWhyTheyAreToGo(t *testing.T) {
	leaving := launched("i-2", "l", 1).Leave(runner.Surplus(), after(4))
	var board admin.Board
	board.Put(after(9), leaving, launched("i-1", "l", 3))
	want := []admin.Runner{
		{Instance: "i-2", Offering: offering, State: runner.RunnerLaunching, Why: runner.Surplus(), Age: 8 * time.Second},
		{Instance: "i-1", Offering: offering, State: runner.RunnerLaunching, Age: 6 * time.Second},
	}
	if diff := cmp.Diff(want, admin.View(board.Read(), after(9)).Runners); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARunnerIsShownWithItsJobsName(t *testing.T) {
	job, r, _ := ran()
	r.Job = job.ID
	var board admin.Board
	board.Put(noon, job, r)
	if runners := admin.View(board.Read(), after(9)).Runners; len(runners) != 1 || runners[0].JobName != "build 7" {
		t.Errorf("got %+v, want one runner of build 7", runners)
	}
}

func TestBudgetsSayWhatIsSpentAndWhatIsLeft(t *testing.T) {
	account := runner.Account{App: 1, Owner: "octo"}
	budgets := runner.NewBudgets().Spend(account, runner.LaneJIT, 40, noon).Close(account, after(30))
	budgets.Fleet = budgets.Fleet.Take(12, after(10))
	budgets.Instances.Refill = 7 // an account whose limit was raised
	var board admin.Board
	board.Put(noon, budgets)
	want := []admin.Budget{
		{Of: "EC2 fleet calls", Spent: 12, Left: 38, Limit: 50, How: "5 more a second"},
		{Of: "EC2 instances", Left: 1000, Limit: 1000, How: "7 more a second"},
		{Of: "GitHub points of 1/octo", Spent: 40, Left: 860, Limit: 900, How: "counted over a minute", ClosedUntil: after(30)},
	}
	if diff := cmp.Diff(want, admin.View(board.Read(), after(10)).Budgets); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
