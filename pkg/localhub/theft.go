package localhub

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// foreignLabel is what every self-hosted runner has, whatever else it was registered with.
const foreignLabel = "self-hosted"

// stolenFor is how long a runner that is not ours takes for a job of ours.
const stolenFor = 20 * time.Second

// StealRunner queues a job that is not ours and gives it to an idle runner, by name. It says whether
// there is one.
func (h *Hub) StealRunner(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.idle, func(r *registration) bool { return r.name == name })
	if i < 0 {
		return false
	}
	h.stealRunner(h.idle[i])
	return true
}

// StealJob gives a queued job to a runner that is not ours. It says whether it was queued.
func (h *Hub) StealJob(id int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stealJob(h.find(id))
}

func (h *Hub) stealRunner(r *registration) {
	all := h.sorted()
	i := slices.IndexFunc(all, r.serves)
	if i < 0 {
		return // its group takes nobody's jobs
	}
	h.fired(RunnerStolen)
	j := h.newJob(all[i], Job{Name: "somebody else's", Workflow: "Theirs", Labels: []string{foreignLabel}})
	h.foreign = append(h.foreign, j)
	h.announce(j, Queued)
	h.give(pair{job: j, runner: r})
	h.change()
}

// stealJob gives a job to a runner that is not ours, which ends it well.
func (h *Hub) stealJob(j *job) bool {
	if j == nil || j.state != Queued {
		return false
	}
	h.fired(JobStolen)
	r := h.register(strings.ToLower(j.repository.fullName()), &everybodys, jitRequest{Name: fmt.Sprintf("somebody-elses-%d", h.newID()), Labels: j.Labels})
	r.used, r.online, r.open = true, true, 1
	h.give(pair{job: j, runner: r})
	h.after(stolenFor, func() {
		if r.busy() {
			h.complete(r, Success)
		}
	})
	h.change()
	return true
}

// tempt asks whether a job that was just queued is stolen.
func (h *Hub) tempt(j *job) {
	if h.faults.StealJob == nil {
		return
	}
	if after, steal := h.faults.StealJob(j.entry()); steal {
		h.after(after, func() { h.stealJob(j) })
	}
}
