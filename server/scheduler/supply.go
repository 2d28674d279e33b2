package scheduler

import (
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// supply is what a class has coming, the nearest to a job first in the order of its fields.
type supply struct {
	took      int             // runners that took a job which GitHub has yet to name
	idle      []coming        // the one that idles longest last
	booting   []coming        // the one that was launched first last
	stuck     runner.Reason   // why those of the booting that have no JIT config get none; none if they do
	launching []runner.Reason // of each slot of a launch that EC2 has not answered: why it waits
}

// coming is a runner to which a job may yet come.
type coming struct {
	instance string
	state    runner.RunnerState
	since    time.Time // when it entered its state
}

// take gives one piece of supply to a job's count, and says what the job now waits for. Nothing is
// bound by it: which runner takes which job is GitHub's choice.
func (s *supply) take(job *runner.Job) (waitsFor runner.Reason, served bool) {
	switch {
	case s == nil:
		return runner.NoReason(), false
	case s.took > 0:
		s.took--
		return runner.Taken(), true
	case len(s.idle) > 0:
		// The youngest: if one is left over, it is the one that has waited longest.
		s.idle = s.idle[1:]
		return runner.Listening(), true
	case len(s.booting) > 0:
		// The oldest: if one is left over, it is the one that would come last.
		last := len(s.booting) - 1
		waits := runner.Booting()
		if s.booting[last].state == runner.RunnerLaunching && s.stuck != runner.NoReason() {
			waits = s.stuck
		}
		s.booting = s.booting[:last]
		return waits, true
	case len(s.launching) > 0:
		waits := s.launching[0]
		s.launching = s.launching[1:]
		if waits.Kind == runner.ReasonLaunching {
			waits = job.Launching(waits.What, max(1, job.Attempts), waits.How)
		}
		return waits, true
	}
	return runner.NoReason(), false
}

func supplyByClass(s runner.Snapshot, stuck func(repository string) runner.Reason) map[string]*supply {
	classes := map[string]*supply{}
	of := func(class runner.Class) *supply {
		key := class.Key()
		if classes[key] == nil {
			classes[key] = &supply{stuck: stuck(class.Scope.FullName)}
		}
		return classes[key]
	}
	for id, instance := range s.Runners {
		if instance.TookUnnamed() {
			of(instance.Class).took++
		}
		if !instance.Supplies() {
			continue
		}
		class, comes := of(instance.Class), coming{id, instance.State, instance.Stamps[instance.State]}
		if comes.state == runner.RunnerIdle {
			class.idle = append(class.idle, comes)
		} else {
			class.booting = append(class.booting, comes)
		}
	}
	for _, launch := range s.Launches {
		waits := launch.Reason
		if waits == runner.NoReason() {
			waits = runner.Job{}.Launching(launch.Request.Shape.Name, 1, launch.Instead)
		}
		for _, slot := range launch.Slots {
			of(slot.Class).launching = append(of(slot.Class).launching, waits)
		}
	}
	for _, class := range classes {
		slices.SortFunc(class.idle, youngestFirst)
		slices.SortFunc(class.booting, youngestFirst)
	}
	return classes
}

func youngestFirst(a, b coming) int { return b.since.Compare(a.since) }

// retire lets runners go that no job of their class needs, once they have been in their state for a
// while: a new job may claim them before that.
func (d *decider) retire(classes map[string]*supply) {
	for _, class := range classes {
		for _, surplus := range append(class.idle, class.booting...) {
			at := surplus.since.Add(d.limits.Surplus)
			if at.After(d.snapshot.Now) {
				d.again(at)
				continue
			}
			d.decide(runner.Decision{Kind: runner.DecideRetire, Runner: surplus.instance, Reason: runner.Surplus()})
		}
	}
}
