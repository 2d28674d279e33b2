package scheduler

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// pace holds launches to what binds: EC2's tokens for fleet calls, and GitHub's points for the JIT
// config that each instance will want once it has booted.
type pace struct {
	now     time.Time
	horizon time.Duration // an instance launched now has its JIT config by then
	budgets runner.Budgets
	owed    map[int64]int // JIT configs, by installation, that launched instances still wait for
}

func newPace(s runner.Snapshot, limits Limits) *pace {
	p := &pace{now: s.Now, horizon: limits.Boot + limits.JITWait, budgets: s.Buckets, owed: map[int64]int{}}
	for _, launch := range s.Launches {
		for _, slot := range launch.Slots {
			p.owed[slot.Class.Installation]++
		}
	}
	for _, instance := range s.Runners {
		if instance.State == runner.RunnerLaunching {
			p.owed[instance.Class.Installation]++
		}
	}
	return p
}

// jit promises one more JIT config, if the installation can pay for it within the horizon.
func (p *pace) jit(installation int64) bool {
	affordable := p.budgets.Installation(installation).Points(p.now.Add(p.horizon)) / runner.JITPoints
	if p.owed[installation] >= affordable {
		return false
	}
	p.owed[installation]++
	return true
}

// nextJIT is when the installation can promise another JIT config.
func (p *pace) nextJIT(installation int64) time.Time {
	points := (p.owed[installation] + 1) * runner.JITPoints
	window := p.budgets.Installation(installation)
	return window.When(min(points, window.Limit), p.now.Add(p.horizon)).Add(-p.horizon)
}

// fleetCall takes EC2's token for one fleet call, if there is one.
func (p *pace) fleetCall() bool {
	if p.budgets.Fleet.Tokens(p.now) < 1 {
		return false
	}
	p.budgets.Fleet = p.budgets.Fleet.Take(1, p.now)
	return true
}

func (p *pace) nextFleetCall() time.Time { return p.budgets.Fleet.When(1, p.now) }
