package terminate_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/terminate"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestOverstayed(t *testing.T) {
	limits := terminate.Limits{Boot: 5 * time.Minute, MaxIdle: 10 * time.Minute, MaxRuntime: 12 * time.Hour, Elsewhere: 3 * time.Minute}
	in := func(state runner.RunnerState, entered, launched time.Duration) runner.Runner {
		return runner.Runner{Instance: "i-1", State: state, Stamps: runner.Stamps[runner.RunnerState]{
			runner.RunnerLaunching: noon.Add(-launched), state: noon.Add(-entered),
		}}
	}
	type verdict struct {
		State   runner.RunnerState
		Leaving runner.Reason
		Reason  runner.Reason
	}
	stays := verdict{}
	for what, test := range map[string]struct {
		runner runner.Runner
		want   verdict
		next   time.Duration
	}{
		"boots":                               {in(runner.RunnerBooting, 4*time.Minute, 4*time.Minute), stays, time.Minute},
		"never booted":                        {in(runner.RunnerBooting, time.Minute, 5*time.Minute), verdict{State: runner.RunnerBooting, Leaving: runner.NeverBooted(limits.Boot)}, 0},
		"idles":                               {in(runner.RunnerIdle, 11*time.Minute, time.Hour), stays, time.Minute},
		"idles for longer than its agent may": {in(runner.RunnerIdle, 12*time.Minute, time.Hour), verdict{State: runner.RunnerIdle, Leaving: runner.IdleTooLong(limits.MaxIdle)}, 0},
		"is busy for hours":                   {in(runner.RunnerBusy, 7*time.Hour, 8*time.Hour), stays, 4*time.Hour + 8*time.Minute},
		"is busy for longer than any may":     {in(runner.RunnerBusy, 12*time.Hour, 12*time.Hour+8*time.Minute), verdict{State: runner.RunnerFailed, Reason: runner.Overdue(limits.MaxRuntime)}, 0},
		"is finished":                         {in(runner.RunnerFinished, 13*time.Hour, 14*time.Hour), stays, 0},
	} {
		t.Run(what, func(t *testing.T) {
			s := runner.NewSnapshot(test.runner)
			s.Now = noon
			items, next := limits.Overstayed(s)
			var got verdict
			for _, item := range items {
				if r, isRunner := item.(runner.Runner); isRunner {
					got = verdict{r.State, r.Leaving, r.Reason}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := noon.Add(test.next); test.next > 0 && !next.Equal(want) || test.next == 0 && !next.IsZero() {
				t.Errorf("next: got %v, want in %v", next, test.next)
			}
		})
	}
}

func TestWhereARunnerNeverBootedTheNextIsLaunchedElsewhere(t *testing.T) {
	limits := terminate.Limits{Boot: 5 * time.Minute, MaxIdle: 10 * time.Minute, MaxRuntime: 12 * time.Hour, Elsewhere: 3 * time.Minute}
	s := runner.NewSnapshot()
	for _, instance := range []string{"i-1", "i-2"} {
		booting, err := runner.NewRunner("l1", runner.Slot{}, runner.Instance{ID: instance, Offering: runner.Offering{Type: instance}}, noon.Add(-time.Hour)).
			To(runner.RunnerBooting, noon.Add(-time.Hour), runner.NoReason())
		if err != nil {
			t.Fatal(err)
		}
		s.Put(booting)
	}
	s.Now = noon
	items, _ := limits.Overstayed(s)
	s.Put(items...)
	for _, instance := range []string{"i-1", "i-2"} {
		if got, want := s.NoCapacity.Until(runner.Offering{Type: instance}), noon.Add(3*time.Minute); !got.Equal(want) {
			t.Errorf("the offering of %s is left alone until %v, want %v", instance, got, want)
		}
	}
}

func TestARunnerThatGotNoJITConfigIsNoFaultOfItsOffering(t *testing.T) {
	account := runner.AccountOf(1, "o/r")
	for what, test := range map[string]struct {
		budgets runner.Budgets
		want    runner.Reason
	}{
		"GitHub's budget": {runner.NewBudgets(), runner.NoJITConfig("there was none to be had within 5m0s")},
		"GitHub is down":  {runner.NewBudgets().Failed(account).Failed(account).Failed(account), runner.GitHubDown("o")},
	} {
		limits := terminate.Limits{Boot: 5 * time.Minute, MaxRuntime: 12 * time.Hour, Elsewhere: 3 * time.Minute, Apps: []int64{1}}
		class := runner.Class{Scope: runner.Repository{ID: 1, FullName: "o/r"}}
		offering := runner.Offering{Type: "m7a.large"}
		s := runner.NewSnapshot(runner.NewRunner("l1", runner.Slot{Class: class}, runner.Instance{ID: "i-1", Offering: offering}, noon.Add(-5*time.Minute)), test.budgets)
		s.Now = noon
		items, _ := limits.Overstayed(s)
		s.Put(items...)
		if got := s.Runners["i-1"].Leaving; got != test.want {
			t.Errorf("%s: it leaves because %q, want %q", what, got, test.want)
		}
		if until := s.NoCapacity.Until(offering); !until.IsZero() {
			t.Errorf("%s: its offering is left alone until %v, want it not to be blamed", what, until)
		}
	}
}

func TestAnOverdueInstanceIsNotLeftToPowerItselfOff(t *testing.T) {
	limits := terminate.Limits{MaxRuntime: time.Hour}
	s := runner.NewSnapshot(runner.NewRunner("l1", runner.Slot{}, runner.Instance{ID: "i-1"}, noon.Add(-2*time.Hour)))
	s.Now = noon
	items, _ := limits.Overstayed(s)
	s.Put(items...)
	stage := terminate.Stage{Limits: limits, Grace: 30 * time.Second}
	if at := stage.DueAt(s.Runners["i-1"]); !at.Equal(noon) {
		t.Errorf("it is ended at %v, want at once, at %v", at, noon)
	}
}
