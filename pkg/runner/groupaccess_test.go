package runner_test

import (
	"fmt"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestWhatStandsAgainstAJobInItsRunnerGroup(t *testing.T) {
	class := runner.Class{Scope: runner.Organisation("Octo"), Group: "builders"}
	const one, other = "Octo/one", "Octo/other"
	budgets := runner.NewBudgets()
	want := func(when string, ofOne, ofOther runner.Reason) {
		t.Helper()
		if got := budgets.Against(class, one); got != ofOne {
			t.Errorf("%s, %s: got %q, want %q", when, one, got, ofOne)
		}
		if got := budgets.Against(class, other); got != ofOther {
			t.Errorf("%s, %s: got %q, want %q", when, other, got, ofOther)
		}
	}
	none, missing := runner.NoReason(), runner.NoGroup("octo", "builders")
	want("nobody asked", none, none)
	budgets = budgets.MissGroup(class)
	want("missing", missing, missing)
	if got := budgets.Against(runner.Class{Scope: class.Scope, Group: "others"}, one); got != none {
		t.Errorf("another group: got %q, want nothing", got)
	}
	if got := budgets.Against(runner.Class{Scope: runner.Repository{ID: 1, FullName: one}}, one); got != none {
		t.Errorf("a repository's own runners: got %q, want nothing", got)
	}
	before := budgets.Bar(class, one)
	budgets = before.Bar(class, one)
	want("barred", runner.Barred(one, "builders"), none)
	budgets = budgets.Admit(class, one)
	want("admitted", none, none)
	if before.Against(class, one) == none {
		t.Error("the budgets before were changed, want a copy")
	}
	for n := range 2000 {
		budgets = budgets.Bar(class, fmt.Sprint("octo/", n))
	}
	if got := len(budgets.Groups["octo"].Barred); got != 1000 {
		t.Errorf("remembered %d repositories, want the last 1000", got)
	}
}
