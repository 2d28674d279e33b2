// Package launch carries out what the scheduler decided: it stores the intent, calls EC2 once for
// each launch, and gives each instance that came of it a JIT config and an assignment.
//
// What is to be done is always read from what is stored, never from what was just decided, so that
// whoever comes after a crash goes on where it stopped.
package launch

import (
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Plan is a decision as the intent to store: the launch with its frozen request, the jobs on whose
// account it is made, and EC2's budget less one call.
func Plan(s runner.Snapshot, decision runner.Decision, stack, id string) []runner.Item {
	budgets := s.Buckets
	budgets.Fleet = budgets.Fleet.Take(1, s.Now)
	items := []runner.Item{
		runner.Launch{
			ID:    id,
			State: runner.LaunchOpen,
			Slots: decision.Slots,
			Request: runner.LaunchRequest{
				Launch: id, Stack: stack, Shape: decision.Shape, Offerings: decision.Offerings, Count: len(decision.Slots),
				ClientToken: runner.ClientToken(stack, id, 1, decision.Shape.Capacity),
			},
			Instead:   decision.Instead,
			DecidedAt: s.Now.UTC(),
		},
		budgets,
	}
	for _, slot := range decision.Slots {
		job := s.Jobs[slot.Job]
		job.Attempts++
		if job.DecidedAt.IsZero() {
			job.DecidedAt = s.Now.UTC()
		}
		items = append(items, job.Because(job.Launching(decision.Shape.Name, job.Attempts, decision.Instead), s.Now))
	}
	return items
}

// CallAt is when a launch is to be called.
func CallAt(launch runner.Launch) time.Time {
	if launch.Calls == 0 {
		return launch.DecidedAt
	}
	return launch.NextAt
}

// Due are the launches to call now, oldest first.
func Due(s runner.Snapshot) []runner.Launch {
	var due []runner.Launch
	for _, launch := range s.Launches {
		if !CallAt(launch).After(s.Now) {
			due = append(due, launch)
		}
	}
	slices.SortFunc(due, func(a, b runner.Launch) int { return a.DecidedAt.Compare(b.DecidedAt) })
	return due
}
