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
	Deploys  bool     // to an environment, which has no rules unless it is Guarded
	Needs    []int64  // ids of jobs of the same run that have to be completed first
	When     string   // what has to have become of what it needs: OnSuccess, OnFailure, Always or Never; empty is OnSuccess
	Env      map[string]string
	Timeout  time.Duration // of its steps in all; 0 is none
	Steps    []Step
}

// Step is one step of a job.
type Step struct {
	Name             string            `json:"name"`
	Run              string            `json:"run"`
	NotHere          string            `json:"not_here,omitempty"`          // why no runner of ours runs it; empty if one does
	Shell            string            `json:"shell,omitempty"`             // a name of GitHub's, or a command with {0} for the script
	WorkingDirectory string            `json:"working_directory,omitempty"` // below the workspace, or absolute
	Env              map[string]string `json:"env,omitempty"`
	When             string            `json:"when,omitempty"` // what has to have become of the steps before, as of a job's needs
	Timeout          time.Duration     `json:"timeout,omitempty"`
	ContinueOnError  bool              `json:"continue_on_error,omitempty"` // its failure is none of the job's
}

// The states of a job, in GitHub's words.
const (
	Pending    = "pending" // it waits for what it needs, and GitHub tells nobody of it
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
	Skipped   = "skipped"
)

// job is a job as the hub knows it.
type job struct {
	Job
	id         int64
	attempt    int  // of its run, from 1
	replaced   bool // by a job of a later attempt
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
	j.state = Pending
	h.jobs = append(h.jobs, j)
	h.release()
	h.change()
	return j.id
}

// enter is when GitHub first tells of a job.
func (h *Hub) enter(j *job) {
	j.created = time.Now()
	if j.Guarded {
		j.state = Waiting
		h.announce(j, Queued) // as GitHub does: the action is one, the status the other
		h.announce(j, Waiting)
	} else {
		j.state = Queued
		h.queued = append(h.queued, j)
		h.announce(j, Queued)
		h.assign()
	}
	h.tempt(j)
}

func (h *Hub) newJob(of *repository, spec Job) *job {
	spec.Labels = append([]string{}, spec.Labels...) // a copy, and an empty list rather than null
	j := &job{Job: spec, id: h.newID(), repository: of, state: Queued, created: time.Now(), stop: make(chan struct{})}
	if j.RunID == 0 {
		j.RunID = h.newID()
	}
	j.attempt = max(1, h.attempts[j.RunID])
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
	h.release()
	h.change()
}

func (h *Hub) getJob(c *call) answer {
	id, _ := strconv.ParseInt(c.PathValue("id"), 10, 64)
	for _, j := range slices.Concat(h.jobs, h.foreign) {
		if j.id == id && j.repository == c.repository && j.state != Pending {
			return answer{status: http.StatusOK, body: h.describeJob(j)}
		}
	}
	return notFound()
}
