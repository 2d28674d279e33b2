package localhub

import (
	"slices"
	"time"
)

const (
	// jitLife is how long a JIT config is good before it is used, and how long its runner may idle.
	// Source: github.com/actions/runner, issue 4726: such runners end after about an hour.
	jitLife = time.Hour
	// lostAfter is how long a runner with a job may be silent.
	// Source: docs.github.com, "Monitoring and troubleshooting self-hosted runners": ten minutes.
	lostAfter = 10 * time.Minute
	// offlineAfter is when a runner that is silent is shown as offline.
	offlineAfter = time.Minute
)

// after does something later, under the lock, unless the hub has closed by then.
func (h *Hub) after(wait time.Duration, do func()) *time.Timer {
	return time.AfterFunc(wait, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.closing.Err() == nil {
			do()
		}
	})
}

// expire removes a runner whose time is over before it had a job.
func (h *Hub) expire(r *registration) {
	if r.removed || r.job != nil {
		return
	}
	h.log.Info("runner expired", "runner_name", r.name)
	r.expired = true
	h.unregister(r)
	h.change()
}

// hear notes that a runner's request is there; hush, that it is over. A runner is silent while none is.
func (h *Hub) hear(r *registration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.open++
	r.silence.Stop()
}

func (h *Hub) hush(r *registration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.open--
	r.seen = time.Now()
	if r.open == 0 && !r.removed {
		r.silence.Reset(h.config.LostAfter)
	}
}

// lose ends the job of a runner that was silent for too long, and the runner with it.
func (h *Hub) lose(r *registration) {
	if !r.busy() || r.open > 0 {
		return
	}
	h.log.Warn("runner lost communication", "runner_name", r.name, "job_id", r.job.id)
	h.complete(r, Failure)
}

// listen makes a runner one that may get a job; it does so while its long poll is open.
func (h *Hub) listen(r *registration) {
	if r.job != nil || slices.Contains(h.idle, r) {
		return
	}
	h.idle = append(h.idle, r)
	slices.SortFunc(h.idle, func(a, b *registration) int { return int(a.id - b.id) })
	if !r.listened && h.faults.StealRunner != nil && h.faults.StealRunner(r.entry()) {
		h.stealRunner(r)
	}
	r.listened = true
	h.assign()
	h.change()
}

func (h *Hub) unlisten(r *registration) {
	h.idle = slices.DeleteFunc(h.idle, func(other *registration) bool { return other == r })
}
