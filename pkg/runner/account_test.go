package runner_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var octo = runner.Account{App: 1, Owner: "octo"}

func TestAnAccountIsAnAppAndAnOwner(t *testing.T) {
	if got := runner.AccountOf(1, "Octo/Repo"); got != octo || got.Key() != "1/octo" {
		t.Errorf("got %+v, key %q, want %+v", got, got.Key(), octo)
	}
}

func TestReadsTakeWhatIsKeptForThemAndMoreOnlyFromPlenty(t *testing.T) {
	full := runner.NewBudgets()
	half := full.Spend(octo, runner.LaneJIT, 451, noon)
	for what, test := range map[string]struct {
		budgets     runner.Budgets
		points      int
		reads, jits bool
	}{
		"plenty":                        {full, 450, true, true},
		"more than half":                {full, 451, false, true},
		"from half, what is kept":       {half, 45, true, true},
		"from half, more than is kept":  {half, 46, false, true},
		"what was kept has been rerun":  {half.Spend(octo, runner.LaneRerun, 45, noon), 1, false, true},
		"what was kept has been read":   {half.Spend(octo, runner.LaneReads, 45, noon), 1, false, true},
		"used up":                       {full.Spend(octo, runner.LaneJIT, 900, noon), 1, false, false},
		"closed":                        {full.Close(octo, noon.Add(time.Second)), 1, false, false},
		"open again":                    {full.Close(octo, noon), 1, true, true},
		"another owner has its own":     {full.Spend(runner.Account{App: 1, Owner: "x"}, runner.LaneJIT, 900, noon), 5, true, true},
		"another App of the same owner": {full.Spend(runner.Account{App: 2, Owner: "octo"}, runner.LaneJIT, 900, noon), 5, true, true},
	} {
		budget := test.budgets.Account(octo)
		if got := budget.Allows(runner.LaneReads, test.points, noon); got != test.reads {
			t.Errorf("%s: reads of %d points allowed: %v, want %v", what, test.points, got, test.reads)
		}
		if got := budget.Allows(runner.LaneRerun, test.points, noon); got != test.reads {
			t.Errorf("%s: a rerun of %d points allowed: %v, want %v, as a read", what, test.points, got, test.reads)
		}
		if got := budget.Allows(runner.LaneJIT, test.points, noon); got != test.jits {
			t.Errorf("%s: JIT configs for %d points allowed: %v, want %v", what, test.points, got, test.jits)
		}
		if next := budget.NextRead(min(test.points, 45), noon); !budget.Allows(runner.LaneReads, min(test.points, 45), next) {
			t.Errorf("%s: reads are promised at %v, and not allowed then", what, next)
		}
	}
}

// A promise made for later is kept, whatever the reads do until then.
func TestReadsBreakNoPromise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		budgets, now := runner.NewBudgets(), noon
		for range 10 + random.IntN(10) {
			now = now.Add(time.Duration(random.IntN(9000)) * time.Millisecond)
			lane, points := runner.LaneJIT, 5*random.IntN(30)
			if random.IntN(2) == 0 {
				lane, points = runner.LaneReads, random.IntN(20)
			}
			if budgets.Account(octo).Allows(lane, points, now) {
				budgets = budgets.Spend(octo, lane, points, now)
			}
		}
		later := now.Add(45 * time.Second)
		promised := budgets.Account(octo).Room(later)
		for at := now; at.Before(later); at = at.Add(time.Duration(random.IntN(5000)) * time.Millisecond) {
			if points := random.IntN(20); budgets.Account(octo).Reads.Points(at) >= points && budgets.Account(octo).Allows(runner.LaneReads, points, at) {
				budgets = budgets.Spend(octo, runner.LaneReads, points, at)
			}
		}
		if got := budgets.Account(octo).All.Points(later); got < promised*runner.JITPoints {
			t.Fatalf("%d JIT configs were promised, %d points are left for them", promised, got)
		}
	}
}

func TestTheRichestAccountPays(t *testing.T) {
	budgets := runner.NewBudgets().Spend(octo, runner.LaneJIT, 10, noon).Close(runner.Account{App: 3, Owner: "octo"}, noon.Add(time.Hour))
	got, points := budgets.Richest([]int64{1, 2, 3}, "octo/repo", noon)
	if want := (runner.Account{App: 2, Owner: "octo"}); got != want || points != 900 {
		t.Errorf("got %+v with %d points, want %+v with 900", got, points, want)
	}
}

func TestAnOfferingThatIsOftenTakenBackIsLeftAlone(t *testing.T) {
	offering := runner.Offering{Type: "m7a.large", Zone: "us-east-1a", Capacity: runner.Spot}
	memory := runner.CapacityMemory{}.Interrupt(offering, noon)
	if !memory.Until(offering).IsZero() {
		t.Error("one interruption is enough to leave the offering alone")
	}
	if late := memory.Interrupt(offering, noon.Add(16*time.Minute)); !late.Until(offering).IsZero() {
		t.Error("two interruptions 16 minutes apart leave the offering alone")
	}
	out := memory.Interrupt(offering, noon.Add(14*time.Minute)).Known(offering)
	if want := runner.OftenInterrupted("m7a.large", noon.Add(44*time.Minute)); out.Why != want {
		t.Errorf("left alone for %q, want %q", out.Why, want)
	}
	if got, want := out.Until, noon.Add(44*time.Minute); !got.Equal(want) {
		t.Errorf("left alone until %v, want %v", got, want)
	}
}

func TestHousekeepingWaitsForAQuietMinute(t *testing.T) {
	for spent, want := range map[int]time.Duration{0: 0, 445: 0, 446: runner.GitHubSpan, 900: runner.GitHubSpan} {
		budget := runner.NewBudgets().Spend(octo, runner.LaneJIT, spent, noon).Account(octo)
		if got := budget.Allows(runner.LaneHousekeeping, 5, noon); got != (want == 0) {
			t.Errorf("%d points spent: allowed %v, want %v", spent, got, want == 0)
		}
		if got := budget.NextHousekeeping(5, noon).Sub(noon); got != want {
			t.Errorf("%d points spent: in %v, want in %v", spent, got, want)
		}
	}
	closed := runner.NewBudgets().Close(octo, noon.Add(time.Hour)).Account(octo)
	if got := closed.NextHousekeeping(5, noon); closed.Allows(runner.LaneHousekeeping, 5, noon) || !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("closed for an hour: next at %v", got)
	}
}

func TestAnAccountThatFailsThreeTimesInARowIsInTrouble(t *testing.T) {
	sick, well := runner.Account{App: 1, Owner: "o"}, runner.Account{App: 2, Owner: "o"}
	b := runner.NewBudgets()
	for n := range 3 {
		if _, stuck := b.Stuck([]int64{1}, "o/r"); stuck {
			t.Fatalf("after %d failures it is given up", n)
		}
		b = b.Failed(sick)
	}
	if why, _ := b.Stuck([]int64{1}, "O/r"); why != runner.GitHubDown("o") {
		t.Errorf("after three: got %q", why)
	}
	if got := b.Account(sick).Room(noon); got != 0 {
		t.Errorf("%d JIT configs are promised, want none", got)
	}
	if _, stuck := b.Stuck([]int64{1, 2}, "o/r"); stuck {
		t.Error("another App is there, and all is given up")
	}
	// It is the last choice, even with more points; and the only one, if the others are closed.
	b = b.Spend(well, runner.LaneJIT, 800, noon)
	for _, apps := range [][]int64{{1, 2}, {2, 1}} {
		if got, _ := b.Richest(apps, "o/r", noon); got != well {
			t.Errorf("of %v the choice is %v, want %v", apps, got, well)
		}
		if got, points := b.Close(well, noon.Add(time.Minute)).Richest(apps, "o/r", noon); got != sick || points == 0 {
			t.Errorf("of %v, one closed, the choice is %v with %d points, want %v", apps, got, points, sick)
		}
	}
	again := b.Answered(sick).Failed(sick).Failed(sick)
	if _, stuck := again.Stuck([]int64{1}, "o/r"); stuck || !again.Doubted(1, "o/r") || b.Doubted(2, "o/r") {
		t.Error("an answer does not begin the count anew")
	}
	if why, _ := b.Denied(well).Stuck([]int64{1, 2}, "o/r"); why != runner.GitHubDenies("o") {
		t.Errorf("one down and one denied: got %q, want what somebody can mend", why)
	}
}

func TestAnAppThatIsNotInstalledOnARepositoryIsInNoTroubleElsewhere(t *testing.T) {
	b := runner.NewBudgets().Absent(1, "O/r").Absent(1, "o/R").Absent(2, "o/r")
	if why, _ := b.Stuck([]int64{1, 2}, "o/r"); why != runner.NotInstalled("o/r") {
		t.Errorf("got %q", why)
	}
	if _, stuck := b.Stuck([]int64{1, 2}, "o/other"); stuck || !b.Doubted(1, "o/r") || b.Doubted(1, "o/other") {
		t.Error("another repository of the owner is in trouble too")
	}
	if _, stuck := b.Installed(2, "O/R").Stuck([]int64{1, 2}, "o/r"); stuck {
		t.Error("an App is installed by now, and all is given up")
	}
	for n := range 200 {
		b = b.Absent(1, fmt.Sprint("o/", n))
	}
	if got := b.Account(runner.Account{App: 1, Owner: "o"}).Absent; len(got) != 100 || got[99] != "o/199" {
		t.Errorf("%d are remembered, want the last 100", len(got))
	}
}
