package terminate

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Limits say how long an instance may stay.
type Limits struct {
	Boot       time.Duration // from its launch until its runner listens
	MaxIdle    time.Duration // listening with no job
	MaxRuntime time.Duration // in all
	Elsewhere  time.Duration // how long an offering is left alone on which a runner never came to listen
	Apps       []int64       // GitHub Apps that share the load
}

// The agent keeps these limits by itself; this is how much later the server does, if it does not.
const (
	idleMargin    = 2 * time.Minute
	runtimeMargin = 8 * time.Minute // so that the instance is gone after ten
)

// Overstayed are the runners that have to go because time alone has passed, as they are to be
// stored, and when the next of them is due. Where one never came to listen, perhaps the machine is to
// blame: the next is launched elsewhere.
func (l Limits) Overstayed(s runner.Snapshot) (items []runner.Item, next time.Time) {
	memory := s.NoCapacity
	for _, instance := range s.Runners {
		at, out := l.due(instance, s)
		switch {
		case at.IsZero():
		case at.After(s.Now):
			next = runner.Earlier(next, at)
		default:
			items = append(items, out)
			if out.Leaving.Kind == runner.ReasonNeverBooted {
				memory = memory.Remember(out.Offering, s.Now, l.Elsewhere)
				items = append(items, memory)
			}
		}
	}
	return items, next
}

// due is when a runner has overstayed, and what it then becomes. One that can still get a job is
// removed on GitHub first; one past its runtime is ended whatever it does.
func (l Limits) due(r runner.Runner, s runner.Snapshot) (at time.Time, becomes runner.Runner) {
	now := s.Now
	if r.Ending() {
		return time.Time{}, r
	}
	overdue := r.Since().Add(l.MaxRuntime + runtimeMargin)
	if !overdue.After(now) {
		failed, err := r.To(runner.RunnerFailed, now, runner.Overdue(l.MaxRuntime))
		if err == nil {
			failed.NextAt = now.UTC() // it had its time to power itself off
			return overdue, failed
		}
	}
	switch {
	case r.Leaving != runner.NoReason():
	case r.State == runner.RunnerLaunching:
		return r.Since().Add(l.Boot), r.Leave(l.unassigned(r, s), now)
	case r.State == runner.RunnerBooting:
		return r.Since().Add(l.Boot), r.Leave(runner.NeverBooted(l.Boot), now)
	case r.State == runner.RunnerIdle:
		return r.Stamps[r.State].Add(l.MaxIdle + idleMargin), r.Leave(runner.IdleTooLong(l.MaxIdle), now)
	}
	return overdue, r
}

// unassigned is why a runner has no JIT config yet.
func (l Limits) unassigned(r runner.Runner, s runner.Snapshot) runner.Reason {
	if why, stuck := s.Buckets.Stuck(l.Apps, r.Class.Scope.FullName); stuck {
		return why
	}
	return runner.NoJITConfig("there was none to be had within " + l.Boot.String())
}
