package rerun

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestWhatTheOutcomeOfARunMeansForItsInterruptedJobs(t *testing.T) {
	intent := runner.Rerun{Run: 70, Attempt: 2, Created: noon.Add(-time.Hour), Jobs: []runner.CutShort{{ID: 7, Name: "build"}, {ID: 8, Name: "lint"}}}
	asked := intent.Ask()
	ended := func(failed ...int64) runner.RunOutcome {
		outcome := runner.RunOutcome{Attempt: 2, Ended: true}
		for _, id := range failed {
			outcome.Failed = append(outcome.Failed, runner.JobEvent{ID: id})
		}
		return outcome
	}
	with := func(outcome runner.RunOutcome, change func(*runner.RunOutcome)) runner.RunOutcome {
		change(&outcome)
		return outcome
	}
	not, ask := runner.NotRerun, runner.NoReason()
	for what, test := range map[string]struct {
		intent  runner.Rerun
		outcome runner.RunOutcome
		err     error
		want    runner.Reason
	}{
		"it goes on":                        {intent, runner.RunOutcome{Attempt: 2}, nil, runner.AwaitsRerun()},
		"it goes on, and GitHub was asked":  {asked, runner.RunOutcome{Attempt: 2}, nil, runner.AwaitsRerun()},
		"GitHub shows the attempt before":   {intent, with(ended(9), func(o *runner.RunOutcome) { o.Attempt = 1 }), nil, runner.AwaitsRerun()},
		"all that failed was interrupted":   {intent, ended(7, 8), nil, ask},
		"one of them failed":                {intent, ended(8), nil, ask},
		"GitHub was asked, and did nothing": {asked, ended(7, 8), nil, ask},
		"the next attempt is there":         {asked, with(ended(), func(o *runner.RunOutcome) { o.Attempt = 3 }), nil, runner.RunsAgain()},
		"it is, and we asked for none":      {intent, runner.RunOutcome{Attempt: 3}, nil, not("somebody ran its run again")},
		"another failed, too":               {intent, ended(7, 8, 9), nil, not("other jobs of its run failed or were cancelled, too, and were not interrupted")},
		"none failed":                       {intent, ended(), nil, not("no job of its run failed")},
		"it was cancelled":                  {intent, with(ended(7), func(o *runner.RunOutcome) { o.Cancelled = true }), nil, not("its run was cancelled")},
		"it is gone":                        {intent, runner.RunOutcome{}, runner.ErrGone, not("GitHub has no such run any more")},
	} {
		if got := verdict(test.intent, test.outcome, test.err, noon); got != test.want {
			t.Errorf("%s: got %q, want %q", what, got, test.want)
		}
	}
	old := intent
	old.Created = noon.Add(-tooLate)
	if got, want := verdict(old, runner.RunOutcome{Attempt: 2}, nil, noon), not("its run had not ended after 30 days"); got != want {
		t.Errorf("a month later: got %q, want %q", got, want)
	}
}
