package lifecycle

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// instance applies EC2's word that an instance changed its state. Only its end tells us anything:
// that it runs does not mean that its runner listens.
func instance(known runner.Runner, state string, at time.Time) []runner.Item {
	if known.Instance == "" {
		return nil
	}
	switch state {
	case "shutting-down", "stopping", "stopped":
		return leaving(known, state, at)
	case "terminated":
		gone := known
		if items := leaving(known, state, at); len(items) > 0 {
			gone = items[0].(runner.Runner)
		}
		terminated, err := gone.To(runner.RunnerTerminated, at, gone.Reason)
		return changed(nil, terminated, err)
	}
	return nil
}

// leaving: a runner that could still take a job never will; one that is busy has had its job, and
// GitHub will say how that ended.
func leaving(known runner.Runner, state string, at time.Time) []runner.Item {
	next := runner.RunnerFailed
	if known.State == runner.RunnerBusy {
		next = runner.RunnerFinished
	}
	left, err := known.To(next, at, runner.InstanceGone(state))
	return changed(nil, left, err)
}

// interrupted: EC2 takes a spot instance back in two minutes. If it has no job, it is to go before it
// gets one; if it has, GitHub will say how that ended.
func interrupted(known runner.Runner, at time.Time) []runner.Item {
	if known.Instance == "" || known.Interrupted() || known.State == runner.RunnerFinished && known.Reason.Kind == runner.ReasonJobEnded {
		return nil
	}
	known.TakenBack = at.UTC()
	switch {
	case known.Supplies():
		return []runner.Item{known.Leave(runner.Interrupted(), at)}
	case known.State == runner.RunnerBusy:
		taken, err := known.To(runner.RunnerInterrupted, at, runner.Interrupted())
		return changed(nil, taken, err)
	}
	return []runner.Item{known} // it leaves or has left, and GitHub may yet say that it had a job
}
