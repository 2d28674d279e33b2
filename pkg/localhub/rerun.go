package localhub

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// attemptVariable tells a job which attempt of its run it is part of.
// Source: docs.github.com, "Variables", default environment variables.
const attemptVariable = "GITHUB_RUN_ATTEMPT"

// Rerun runs a job of a run that has ended again, and all that need it, as a person does. It says whether
// GitHub lets them.
func (h *Hub) Rerun(id int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	j := h.find(id)
	if j == nil || j.replaced {
		return false
	}
	return h.rerun(h.runOf(j), []*job{j}).status == http.StatusCreated
}

func (h *Hub) rerunJob(c *call) answer {
	id, _ := strconv.ParseInt(c.PathValue("id"), 10, 64)
	j := h.find(id)
	if j == nil || j.replaced || j.repository != c.repository {
		return notFound()
	}
	return h.rerunByCall(h.runOf(j), []*job{j})
}

// rerunByCall also keeps the books of what is run again.
func (h *Hub) rerunByCall(r *run, jobs []*job) answer {
	a := h.rerun(r, jobs)
	if a.status == http.StatusCreated {
		for _, j := range jobs {
			h.reruns = append(h.reruns, Rerun{RunID: r.id, Name: j.Name})
		}
	}
	return a
}

func (h *Hub) rerunFailed(c *call) answer {
	r := h.findRun(c)
	if r == nil {
		return notFound()
	}
	var failed []*job
	for _, j := range r.jobs {
		if j.conclusion == Failure || j.conclusion == Cancelled {
			failed = append(failed, j)
		}
	}
	return h.rerunByCall(r, failed)
}

// rerun begins another attempt of a run: jobs of it, and all that need those, run again under new ids. The
// others stay as they were.
// Source: docs.github.com, "Re-running workflows and jobs"; its refusals as actions/runner users report them.
func (h *Hub) rerun(r *run, jobs []*job) answer {
	switch {
	case r.status() != Completed:
		return *refuse(http.StatusForbidden, "This workflow is already running")
	case len(jobs) == 0:
		return *refuse(http.StatusForbidden, "This workflow run cannot be retried")
	}
	attempt, successors := max(1, h.attempts[r.id])+1, map[int64]int64{}
	h.attempts[r.id] = attempt
	for _, old := range r.needing(jobs) {
		next := h.newJob(old.repository, old.Job)
		next.state, next.created = Pending, time.Time{}
		old.replaced, successors[old.id] = true, next.id
		next.Needs, next.Env = slices.Clone(next.Needs), maps.Clone(next.Env)
		if _, told := next.Env[attemptVariable]; told {
			next.Env[attemptVariable] = strconv.Itoa(attempt)
		}
		h.jobs = append(h.jobs, next)
	}
	for _, j := range h.jobs {
		for i, needed := range j.Needs {
			if next, again := successors[needed]; again && j.attempt == attempt && j.RunID == r.id {
				j.Needs[i] = next
			}
		}
	}
	h.log.Info("run begun again", "run_id", r.id, "run_attempt", attempt)
	h.release()
	h.change()
	return answer{status: http.StatusCreated, body: map[string]any{}}
}

// needing are some jobs of the run and those that need them, in the run's order.
func (r *run) needing(jobs []*job) []*job {
	again := map[int64]bool{}
	for _, j := range jobs {
		again[j.id] = true
	}
	for grown := true; grown; {
		grown = false
		for _, j := range r.jobs {
			if !again[j.id] && slices.ContainsFunc(j.Needs, func(id int64) bool { return again[id] }) {
				again[j.id], grown = true, true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(r.jobs), func(j *job) bool { return !again[j.id] })
}
