package localhub

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Job is a workflow job to be run.
type Job struct {
	Name     string
	Workflow string
	Labels   []string // runs-on, as written
	RunID    int64    // 0 is a run of its own
	Fork     string   // "owner/name" of the fork whose code it runs; empty is the repository's own
	Guarded  bool     // by the rules of an environment: it waits until [Hub.Approve]
	Env      map[string]string
	Steps    []Step
}

// Step is one `run:` of a job.
type Step struct {
	Name string `json:"name"`
	Run  string `json:"run"`
}

// The states of a job, in GitHub's words.
const (
	Waiting    = "waiting"
	Queued     = "queued"
	InProgress = "in_progress"
	Completed  = "completed"
)

// The conclusions of a job, in GitHub's words.
const (
	Success   = "success"
	Failure   = "failure"
	Cancelled = "cancelled"
)

// job is a job as the hub knows it.
type job struct {
	Job
	id         int64
	repository *repository
	state      string
	runner     *registration // that took it
	cancelled  bool          // by a person
	stop       chan struct{} // closed when its runner is to stop
	conclusion string
	log        strings.Builder
	created    time.Time
	started    time.Time
	completed  time.Time
	changed    time.Time // the last time anything above did
	version    int       // grows with every change
}

// Queue queues a job of a repository and sends its webhook. A repository that is not installed yet
// is installed first. A job's id is never used again.
func (h *Hub) Queue(repository string, spec Job) (id int64) {
	h.Install(repository)
	h.mu.Lock()
	defer h.mu.Unlock()
	j := h.newJob(h.repositories[strings.ToLower(repository)], spec)
	h.jobs = append(h.jobs, j)
	if j.Guarded {
		j.state = Waiting
		h.announce(j, Queued) // as GitHub does: the action is one, the status the other
		h.announce(j, Waiting)
	} else {
		h.queued = append(h.queued, j)
		h.announce(j, Queued)
		h.assign()
	}
	h.tempt(j)
	h.change()
	return j.id
}

func (h *Hub) newJob(of *repository, spec Job) *job {
	spec.Labels = append([]string{}, spec.Labels...) // a copy, and an empty list rather than null
	j := &job{Job: spec, id: h.newID(), repository: of, state: Queued, created: time.Now(), stop: make(chan struct{})}
	if j.RunID == 0 {
		j.RunID = h.newID()
	}
	return j
}

// complete ends a job with the conclusion that its runner reports, and the runner with it.
func (h *Hub) complete(r *registration, conclusion string) {
	j := r.job
	if j.cancelled {
		conclusion = Cancelled
	}
	j.state, j.conclusion, j.completed = Completed, conclusion, time.Now()
	h.unregister(r)
	h.announce(j, Completed)
	h.change()
}

func (h *Hub) getJob(c *call) answer {
	id, _ := strconv.ParseInt(c.PathValue("id"), 10, 64)
	for _, j := range slices.Concat(h.jobs, h.foreign) {
		if j.id == id && j.repository == c.repository {
			return answer{status: http.StatusOK, body: h.describeJob(j)}
		}
	}
	return notFound()
}
