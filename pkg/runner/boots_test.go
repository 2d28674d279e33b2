package runner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var bootsAt = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// coming is a runner on an image, whose instance boots and has all it needs.
func coming(t *testing.T, image string) runner.Runner {
	t.Helper()
	r := lives("i-1", bootsAt)
	r.Image = image
	return moved(t, r, runner.RunnerBooting, runner.NoReason())
}

func moved(t *testing.T, r runner.Runner, to runner.RunnerState, why runner.Reason) runner.Runner {
	t.Helper()
	r, err := r.To(to, bootsAt, why)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatTellsThatAnImageDoesNotBoot(t *testing.T) {
	booting := coming(t, "ami-1")
	unassigned := lives("i-1", bootsAt)
	unassigned.Image = "ami-1"
	neverBooted := booting.Leave(runner.NeverBooted(time.Minute), bootsAt)
	surplus := booting.Leave(runner.Surplus(), bootsAt)
	takenBack := booting
	takenBack.TakenBack = bootsAt
	gone, early := runner.InstanceGone("terminated"), runner.ExitedEarly(1, "")
	fails := func(r runner.Runner, why runner.Reason) runner.Runner { return moved(t, r, runner.RunnerFailed, why) }
	ends := func(r runner.Runner) runner.Runner { return moved(t, r, runner.RunnerTerminated, r.Reason) }
	idle, busy := moved(t, booting, runner.RunnerIdle, runner.NoReason()), moved(t, booting, runner.RunnerBusy, runner.NoReason())
	finished := moved(t, booting, runner.RunnerFinished, runner.JobEnded(7))

	const nothing, failed, listened = 1, 2, 0 // what one earlier failure becomes
	for what, test := range map[string]struct {
		before, after runner.Runner
		want          int
	}{
		"it never listened":                                   {booting, neverBooted, failed},
		"which is counted once":                               {neverBooted, fails(neverBooted, neverBooted.Leaving), nothing},
		"also if it ends by itself then":                      {neverBooted, fails(neverBooted, gone), nothing},
		"its runner exited":                                   {booting, fails(booting, early), failed},
		"its instance ended":                                  {booting, fails(booting, gone), failed},
		"its instance ended, and is gone":                     {booting, ends(fails(booting, gone)), failed},
		"it ended before it had all it needs":                 {unassigned, fails(unassigned, gone), nothing},
		"it got no JIT config":                                {unassigned, fails(unassigned, runner.NoJITConfig("")), nothing},
		"it was no longer needed":                             {booting, surplus, nothing},
		"it was no longer needed, and ended":                  {surplus, fails(surplus, gone), nothing},
		"EC2 took it back":                                    {booting, booting.Leave(runner.Interrupted(), bootsAt), nothing},
		"EC2 took it back, and it ended":                      {takenBack, fails(takenBack, gone), nothing},
		"it was too old":                                      {booting, fails(booting, runner.Overdue(time.Hour)), nothing},
		"it listened":                                         {booting, idle, listened},
		"it took a job":                                       {booting, busy, listened},
		"its job ended, before anybody heard that it began":   {booting, finished, listened},
		"it is gone, and all of that was heard of at once":    {booting, ends(finished), listened},
		"it listened, though its time was over":               {neverBooted, moved(t, neverBooted, runner.RunnerBusy, runner.NoReason()), listened},
		"it listened, and then ended":                         {idle, fails(idle, gone), nothing},
		"it is gone":                                          {fails(booting, gone), ends(fails(booting, gone)), nothing},
		"nothing changed":                                     {booting, booting, nothing},
		"it was just launched":                                {runner.Runner{}, unassigned, nothing},
		"its assignment was written":                          {unassigned, booting, nothing},
		"it is of no launch that is known, and its end is no": {coming(t, ""), fails(coming(t, ""), gone), nothing},
	} {
		earlier := runner.Boots{Failed: map[string]runner.FailedBoots{"ami-1": {InARow: 1, Last: bootsAt}}}
		got, news := earlier.Heard(test.before, test.after, bootsAt)
		if got.Failed["ami-1"].InARow != test.want || news != (test.want != nothing) {
			t.Errorf("%s: got %d in a row, news %v, want %d", what, got.Failed["ami-1"].InARow, news, test.want)
		}
		if earlier.Failed["ami-1"].InARow != 1 {
			t.Errorf("%s: what was known before has changed", what)
		}
	}
}

func TestAnImageThatBootsIsNoNews(t *testing.T) {
	booting := coming(t, "ami-1")
	idle := moved(t, booting, runner.RunnerIdle, runner.NoReason())
	if got, news := (runner.Boots{}).Heard(booting, idle, bootsAt); news || len(got.Failed) > 0 {
		t.Errorf("got %v, news %v, want none: it would be written at every boot", got, news)
	}
}

func TestAnImageIsBrokenAfterThreeUntilItIsPromotedAgain(t *testing.T) {
	booting := coming(t, "ami-1")
	fails := moved(t, booting, runner.RunnerFailed, runner.ExitedEarly(1, ""))
	image := runner.Image{ID: "ami-1", Promoted: bootsAt.Add(-time.Hour)}
	boots := runner.Boots{}
	for n := range 5 {
		if got, want := boots.Broken(image), n >= 3; got != want {
			t.Errorf("after %d: broken is %v, want %v", n, got, want)
		}
		boots, _ = boots.Heard(booting, fails, bootsAt.Add(time.Duration(n)*time.Minute))
	}
	image.Promoted = bootsAt.Add(5 * time.Minute)
	if boots.Broken(image) {
		t.Error("it was promoted again after its last failure, and is broken still")
	}
}

func TestWhatDidNotBootLongAgoIsForgotten(t *testing.T) {
	boots := runner.Boots{Failed: map[string]runner.FailedBoots{
		"ami-old": {InARow: 7, Last: bootsAt.Add(-31 * 24 * time.Hour)}, "ami-2": {InARow: 3, Last: bootsAt.Add(-24 * time.Hour)},
	}}
	booting := coming(t, "ami-1")
	got, _ := boots.Heard(booting, moved(t, booting, runner.RunnerFailed, runner.ExitedEarly(1, "")), bootsAt)
	want := map[string]runner.FailedBoots{"ami-1": {InARow: 1, Last: bootsAt}, "ami-2": {InARow: 3, Last: bootsAt.Add(-24 * time.Hour)}}
	if diff := cmp.Diff(want, got.Failed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
