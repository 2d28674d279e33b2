package localhub

import (
	"slices"
	"time"
)

// Cancel cancels a job, as a person does: one without a runner is completed at once, and the runner of
// any other is told to stop. It says whether there was something to cancel.
func (h *Hub) Cancel(id int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cancel(h.find(id))
}

func (h *Hub) cancel(j *job) bool {
	switch {
	case j == nil || j.state == Completed || j.cancelled:
		return false
	case j.state == InProgress:
		j.cancelled = true
		close(j.stop)
	default:
		h.unqueue(j)
		j.state, j.conclusion, j.completed = Completed, Cancelled, time.Now()
		h.announce(j, Completed)
		h.release()
	}
	h.change()
	return true
}

// Hold makes a queued job wait for somebody's approval, as the rules of a protected environment do. It
// says whether the job was queued.
func (h *Hub) Hold(id int64) bool { return h.move(id, Queued, Waiting) }

// Approve queues a job again that waits for approval. It says whether the job did.
func (h *Hub) Approve(id int64) bool { return h.move(id, Waiting, Queued) }

func (h *Hub) move(id int64, from, to string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	j := h.find(id)
	if j == nil || j.state != from {
		return false
	}
	h.unqueue(j)
	j.state = to
	if to == Queued {
		h.queued = append(h.queued, j)
	}
	h.announce(j, to)
	h.assign()
	h.change()
	return true
}

// find is one of our jobs, or nil.
func (h *Hub) find(id int64) *job {
	i := slices.IndexFunc(h.jobs, func(j *job) bool { return j.id == id })
	if i < 0 {
		return nil
	}
	return h.jobs[i]
}

func (h *Hub) unqueue(j *job) {
	h.queued = slices.DeleteFunc(h.queued, func(other *job) bool { return other == j })
}
