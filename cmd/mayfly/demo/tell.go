package demo

import (
	"fmt"
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
		told := []string{kind.title}
		for _, line := range kind.lines[:min(mostTold, len(kind.lines))] {
			told = append(told, printable(line))
		}
		if more := len(kind.lines) - mostTold; more > 0 {
			told = append(told, fmt.Sprintf("and %d more", more))
		}
		say(strings.Join(told, "\n  ") + "\n")
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
