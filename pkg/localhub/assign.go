package localhub

import (
	"slices"
	"strings"
	"time"
)

// pair is a queued job and an idle runner that could take it.
type pair struct {
	job    *job
	runner *registration
}

// assign hands out jobs until no queued job has a matching idle runner. Which job goes where is
// chosen among all such pairs: GitHub binds no runner to the job that it was made for.
func (h *Hub) assign() {
	for {
		var pairs []pair
		for _, j := range h.queued {
			for _, r := range h.idle {
				if matches(j, r) {
					pairs = append(pairs, pair{job: j, runner: r})
				}
			}
		}
		if len(pairs) == 0 {
			return
		}
		h.give(pairs[h.pairs.IntN(len(pairs))])
	}
}

// matches says whether a runner has all of a job's labels. Case does not matter, and every runner has
// self-hosted.
func matches(j *job, r *registration) bool {
	for _, label := range j.Labels {
		if !strings.EqualFold(label, foreignLabel) && !slices.ContainsFunc(r.labels, func(has string) bool { return strings.EqualFold(has, label) }) {
			return false
		}
	}
	return r.serves(j.repository)
}

func (h *Hub) give(p pair) {
	h.unqueue(p.job)
	h.unlisten(p.runner)
	p.runner.expiry.Stop()
	p.job.state, p.job.runner, p.job.started = InProgress, p.runner, time.Now()
	p.runner.job = p.job
	close(p.runner.settled)
	h.announce(p.job, InProgress)
}
