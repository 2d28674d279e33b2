package admin

import (
	"cmp"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// inOrder are jobs in the order in which the scheduler serves them, oldest first.
func inOrder(jobs []*runner.Job) []*runner.Job {
	type turn struct { // so that sorting does not read ten thousand jobs again and again
		at, id int64
		job    *runner.Job
	}
	turns := make([]turn, len(jobs))
	for i, job := range jobs {
		turns[i] = turn{job.CreatedAt.UnixMicro(), job.ID, job}
	}
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	sorted := make([]*runner.Job, len(jobs))
	for i, turn := range turns {
		sorted[i] = turn.job
	}
	return sorted
}

// place is a job's place in the queue of its class.
type place struct {
	position int  // from 1; 0 is in no queue
	queue    *int // how many are in it
}

func (p place) of() int {
	if p.queue == nil {
		return 0
	}
	return *p.queue
}

// placesOf are the places of jobs that come oldest first.
func placesOf(jobs []*runner.Job) []place {
	places := make([]place, len(jobs))
	queues := map[string]*int{} // by class
	for i, job := range jobs {
		if job.State != runner.JobQueued {
			continue
		}
		key := job.Class.Key()
		queue, known := queues[key]
		if !known {
			queue = new(int)
			queues[key] = queue
		}
		*queue++
		places[i] = place{position: *queue, queue: queue}
	}
	return places
}

// instances are the instances of runners, by the runners' names.
type instances map[string]string

func instancesOf(known Known) instances {
	names := make(instances, len(known.Runners.Live)+len(known.Runners.Ended))
	for r := range known.Runners.all() {
		names[r.Name] = r.Instance
	}
	return names
}

// of is the instance that took a job, or else the name of the runner that did.
func (names instances) of(job *runner.Job) string {
	if job.Runner == "" {
		return ""
	}
	if instance, ours := names[job.Runner]; ours {
		return instance
	}
	return job.Runner
}
