package localhub

import (
	"slices"
	"time"
)

// What a job may ask of those that it needs, and of all that those need in turn, as the functions of
// its `if` do. Source: docs.github.com, "Expressions", status check functions.
const (
	OnSuccess = "success" // all of them succeeded
	OnFailure = "failure" // one of them failed
	Always    = "always"
	Never     = "never"
)

// release lets in every job whose needs are completed, and skips those that do not want to run then.
// One that is skipped may release others in turn.
func (h *Hub) release() {
	for again := true; again; {
		again = false
		for _, j := range h.jobs {
			if j.state != Pending || !h.ready(j) {
				continue
			}
			if h.wanted(j) {
				h.enter(j)
				continue
			}
			h.skip(j)
			again = true
		}
	}
}

// ready says whether all that a job needs is completed. What is unknown will never be.
func (h *Hub) ready(j *job) bool {
	return !slices.ContainsFunc(j.Needs, func(id int64) bool {
		needed := h.find(id)
		return needed == nil || needed.state != Completed
	})
}

// wanted says whether a job runs after what became of its needs.
func (h *Hub) wanted(j *job) bool {
	switch before := h.before(j); j.When {
	case Always:
		return true
	case Never:
		return false
	case OnFailure:
		return slices.ContainsFunc(before, func(needed *job) bool { return needed.conclusion == Failure })
	default:
		return !slices.ContainsFunc(before, func(needed *job) bool { return needed.conclusion != Success })
	}
}

// before is all that a job needs, and what that needs, each once.
func (h *Hub) before(j *job) []*job {
	var all []*job
	for next := []*job{j}; len(next) > 0; next = next[1:] {
		for _, id := range next[0].Needs {
			if needed := h.find(id); !slices.Contains(all, needed) {
				all, next = append(all, needed), append(next, needed)
			}
		}
	}
	return all
}

// skip ends a job that never was queued. GitHub tells only of its end.
func (h *Hub) skip(j *job) {
	now := time.Now()
	j.state, j.conclusion, j.created, j.completed = Completed, Skipped, now, now
	h.announce(j, Completed)
}
