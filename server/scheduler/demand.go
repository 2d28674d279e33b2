package scheduler

import (
	"cmp"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// queued are the jobs that want a runner, oldest first.
func queued(s runner.Snapshot) []runner.Job {
	var jobs []runner.Job
	for _, job := range s.Jobs {
		if job.State == runner.JobQueued {
			jobs = append(jobs, job)
		}
	}
	slices.SortFunc(jobs, func(a, b runner.Job) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return jobs
}

// supply is what a class has coming, the nearest to a job first in the order of its fields.
type supply struct {
	took, idle, booting int
	launching           []runner.Reason // of each slot of a launch that EC2 has not answered: why it waits
}

// take gives one piece of supply to a job's count, and says what the job now waits for. Nothing is
// bound by it: which runner takes which job is GitHub's choice.
func (s *supply) take(job runner.Job) (waitsFor runner.Reason, served bool) {
	switch {
	case s == nil:
		return runner.NoReason(), false
	case s.took > 0:
		s.took--
		return runner.Taken(), true
	case s.idle > 0:
		s.idle--
		return runner.Listening(), true
	case s.booting > 0:
		s.booting--
		return runner.Booting(), true
	case len(s.launching) > 0:
		waits := s.launching[0]
		s.launching = s.launching[1:]
		if waits == runner.NoReason() {
			waits = runner.Launching(job.Shape.Name, max(1, job.Attempts))
		}
		return waits, true
	}
	return runner.NoReason(), false
}

func supplyByClass(s runner.Snapshot) map[string]*supply {
	classes := map[string]*supply{}
	of := func(class runner.Class) *supply {
		key := class.Key()
		if classes[key] == nil {
			classes[key] = &supply{}
		}
		return classes[key]
	}
	for _, instance := range s.Runners {
		switch {
		case instance.TookUnnamed():
			of(instance.Class).took++
		case instance.State == runner.RunnerIdle:
			of(instance.Class).idle++
		case instance.State == runner.RunnerLaunching, instance.State == runner.RunnerBooting:
			of(instance.Class).booting++
		}
	}
	for _, launch := range s.Launches {
		for _, slot := range launch.Slots {
			coming := of(slot.Class)
			coming.launching = append(coming.launching, launch.Reason)
		}
	}
	return classes
}

// byShape groups jobs that may share a fleet call, the group with the oldest job first.
func byShape(jobs []runner.Job) [][]runner.Job {
	var groups [][]runner.Job
	index := map[string]int{}
	for _, job := range jobs {
		key := job.Shape.Key()
		at, known := index[key]
		if !known {
			at = len(groups)
			index[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], job)
	}
	return groups
}

// available are the offerings of a shape that have not lately been out of capacity. If there is
// none, until is when the first may be tried again.
func available(shape runner.Shape, s runner.Snapshot) (offerings []runner.Offering, until time.Time) {
	for _, offering := range shape.Offerings() {
		if out := s.NoCapacity.Until(offering); out.After(s.Now) {
			until = runner.Earlier(until, out)
		} else {
			offerings = append(offerings, offering)
		}
	}
	return offerings, until
}
