package scheduler

import (
	"cmp"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// queued ends the jobs that have waited for so long that GitHub has failed them, and returns the others
// that want a runner, oldest first, each with an image that boots. They are pointers, as in all that follows: jobs are large, and there
// may be many thousands.
func (d *decider) queued() []*runner.Job {
	var jobs []*runner.Job
	for id, job := range d.snapshot.Jobs {
		if why, over := overdue(&job, d.snapshot.Now); over {
			d.decide(runner.Decision{Kind: runner.DecideExpire, Job: id, Reason: why})
		} else if job.State == runner.JobQueued {
			job.Shape.Image = cmp.Or(d.limits.Instead[job.Shape.Image], job.Shape.Image)
			jobs = append(jobs, new(job))
		}
	}
	slices.SortFunc(jobs, func(a, b *runner.Job) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return jobs
}

// overdue says whether a job has waited for so long that GitHub has failed it, and for what. One that
// was approved after days is as old as its approval.
func overdue(job *runner.Job, now time.Time) (why runner.Reason, over bool) {
	most, why := MaxQueued, runner.TooOld()
	switch job.State {
	case runner.JobQueued:
	case runner.JobWaiting:
		most, why = MaxWaiting, runner.NotApproved()
	default:
		return runner.NoReason(), false
	}
	then := now.Add(-most)
	return why, !job.CreatedAt.After(then) && !job.Stamps[job.State].After(then)
}

// mostTriedFirst are the jobs in the order in which supply is counted for them. Any runner may take
// any job of its class, so a failed launch was no single job's: the next one is made on account of a
// job that had few, or else one job would use up its attempts on what befell others.
func mostTriedFirst(jobs []*runner.Job) []*runner.Job {
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b *runner.Job) int { return cmp.Compare(b.Attempts, a.Attempts) })
	return jobs
}

// fair orders jobs that are given oldest first: the next is always the oldest of the repository that
// has the fewest runners, counting those that the jobs before it will get.
func fair(jobs []*runner.Job, runners map[string]int) []*runner.Job {
	type repository struct {
		place int // in the order of their oldest jobs
		has   int // runners, once the jobs before have theirs
	}
	type turn struct {
		repository
		job *runner.Job
	}
	repositories := map[string]repository{}
	turns := make([]turn, len(jobs))
	for i, job := range jobs {
		of, known := repositories[job.Repository.FullName]
		if !known {
			of = repository{len(repositories), runners[job.Repository.FullName]}
		}
		turns[i] = turn{of, job}
		of.has++
		repositories[job.Repository.FullName] = of
	}
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Or(cmp.Compare(a.has, b.has), cmp.Compare(a.place, b.place)) })
	ordered := make([]*runner.Job, len(jobs))
	for i, turn := range turns {
		ordered[i] = turn.job
	}
	return ordered
}

// byShape groups jobs that may share a fleet call, the group with the first job first.
func byShape(jobs []*runner.Job) [][]*runner.Job {
	var groups [][]*runner.Job
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

// available is the shape to launch, and which of its offerings are worth a try: where spot has no
// capacity at all, the same on demand. If there is none, until is when the first may be tried again.
func available(shape runner.Shape, s runner.Snapshot) (launch runner.Shape, offerings []runner.Offering, until time.Time) {
	offerings, until = untried(shape, s)
	if len(offerings) > 0 || shape.Capacity != runner.Spot {
		return shape, offerings, until
	}
	onDemand := shape.OnDemand()
	offerings, other := untried(onDemand, s)
	return onDemand, offerings, runner.Earlier(until, other)
}

func untried(shape runner.Shape, s runner.Snapshot) (offerings []runner.Offering, until time.Time) {
	offerings = slices.DeleteFunc(shape.Offerings(), func(offering runner.Offering) bool {
		out := s.NoCapacity.Until(offering)
		if out.After(s.Now) {
			until = runner.Earlier(until, out)
			return true
		}
		return false
	})
	return offerings, until
}
