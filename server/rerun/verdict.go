package rerun

import (
	"errors"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// verdict is what the outcome of a run means for its interrupted jobs: that they wait still, that they run
// again, that they do not; or nothing, if GitHub is to be asked to run them again. The attempt tells whether
// it was: an answer may be lost, and a server may die before it has it.
func verdict(r runner.Rerun, outcome runner.RunOutcome, err error, now time.Time) runner.Reason {
	switch {
	case errors.Is(err, runner.ErrGone):
		return runner.NotRerun("GitHub has no such run any more")
	case outcome.Attempt > r.Attempt && r.Asked:
		return runner.RunsAgain()
	case outcome.Attempt > r.Attempt:
		return runner.NotRerun("somebody ran its run again")
	case now.Sub(r.Created) >= tooLate:
		return runner.NotRerun("its run had not ended after 30 days")
	case outcome.Attempt < r.Attempt, !outcome.Ended: // GitHub's word may lag
		return runner.AwaitsRerun()
	case outcome.Cancelled:
		return runner.NotRerun("its run was cancelled")
	}
	for _, failed := range outcome.Failed {
		if !r.Has(failed.ID) {
			return runner.NotRerun("other jobs of its run failed or were cancelled, too, and were not interrupted")
		}
	}
	if len(outcome.Failed) == 0 {
		return runner.NotRerun("no job of its run failed")
	}
	return runner.NoReason()
}
