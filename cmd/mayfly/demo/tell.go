package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// mostTold is how many lines of a kind are told before the rest is counted.
const mostTold = 20

// tell says what of the workflow file does not run, or is otherwise than on GitHub.
func (p plan) tell(say func(string)) {
	for _, kind := range []struct {
		title string
		lines []string
	}{{"Not run here:", p.notHere}, {"Otherwise than on GitHub:", p.notices}} {
		if len(kind.lines) == 0 {
			continue
		}
		told := kind.lines
		if more := len(told) - mostTold; more > 0 {
			told = append(slices.Clone(told[:mostTold]), fmt.Sprintf("and %d more", more))
		}
		say(kind.title + "\n  " + strings.Join(told, "\n  ") + "\n")
	}
}

// queue queues the jobs, in an order in which each comes after those that it needs.
func (p plan) queue(hub *localhub.Hub) {
	ids := make([]int64, len(p.jobs))
	for i, job := range p.jobs {
		for _, need := range p.needs[i] {
			job.Needs = append(job.Needs, ids[need])
		}
		ids[i] = hub.Queue(repository, job)
	}
}
