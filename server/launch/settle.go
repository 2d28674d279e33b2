package launch

import (
	"errors"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Settle is what EC2's answer to a launch means: the items to store. Unfulfilled slots simply fall
// out of supply, so that the scheduler launches exactly the missing ones again. What failed waits;
// an offering that EC2 has none of is left alone.
func Settle(s runner.Snapshot, launch runner.Launch, result runner.LaunchResult, err error, wait, alone time.Duration) []runner.Item {
	a := answer{snapshot: s, launch: launch, until: s.Now.Add(wait).UTC(), alone: alone}
	if err != nil {
		a.failed(err)
	} else {
		a.gave(result)
	}
	return a.items
}

type answer struct {
	snapshot runner.Snapshot
	launch   runner.Launch
	until    time.Time     // when what failed is tried again
	alone    time.Duration // how long an offering is left alone that EC2 has none of
	given    int           // instances
	hopeless bool          // EC2 refuses every offering of the shape
	items    []runner.Item
}

func (a *answer) put(item runner.Item) { a.items = append(a.items, item) }

// failed: the call as a whole was answered by an error.
func (a *answer) failed(err error) {
	problem := asLaunchError(err)
	switch problem.Class {
	case runner.Throttled, runner.UnknownOutcome:
		a.repeat(problem)
	default:
		a.close()
		a.remember(problem)
		a.unfulfilled(a.launch.Slots, problem)
	}
}

// repeat makes the same call again, to the letter: perhaps it did launch, and the client token
// prevents a second time. No attempt is used up.
func (a *answer) repeat(problem runner.LaunchError) {
	a.launch.NextAt = a.until
	a.launch.Reason = runner.LaunchFailed(problem, a.until)
	a.put(a.launch)
	if problem.Class == runner.Throttled {
		budgets := a.snapshot.Buckets
		budgets.Fleet = budgets.Fleet.Take(max(0, budgets.Fleet.Tokens(a.snapshot.Now)), a.snapshot.Now)
		a.put(budgets)
	}
}

// gave: EC2 gave some instances, perhaps not all.
func (a *answer) gave(result runner.LaunchResult) {
	given := result.Instances[:min(len(result.Instances), len(a.launch.Slots))]
	for i, instance := range given {
		if _, known := a.snapshot.Runners[instance.ID]; !known {
			launched := runner.NewRunner(a.launch.ID, a.launch.Slots[i], instance, a.snapshot.Now)
			launched.Image = a.launch.Request.Shape.Image
			a.put(launched)
		}
	}
	a.given = len(given)
	a.spend(a.given)
	a.close()
	a.remember(result.Errors...)
	if missing := a.launch.Slots[len(given):]; len(missing) > 0 {
		a.unfulfilled(missing, a.gravest(result.Errors))
	}
}

// spend takes EC2's and our own tokens for what was launched.
func (a *answer) spend(instances int) {
	budgets := a.snapshot.Buckets
	budgets.Instances = budgets.Instances.Take(float64(instances), a.snapshot.Now)
	if budgets.Rate.Capacity > 0 {
		budgets.Rate = budgets.Rate.Take(float64(instances), a.snapshot.Now)
	}
	a.put(budgets)
}

func (a *answer) close() {
	a.launch.State = runner.LaunchClosed
	a.put(a.launch)
}

// remember notes which offerings EC2 had none of, or the account may have none of, or are a mistake.
func (a *answer) remember(problems ...runner.LaunchError) {
	memory := a.snapshot.NoCapacity
	for _, problem := range problems {
		switch {
		case problem.Class == runner.NoCapacity && problem.Offering != (runner.Offering{}):
			memory = memory.Remember(problem.Offering, a.snapshot.Now, a.alone)
		case problem.Class == runner.Quota, problem.Class == runner.Denied:
			until := a.parkedUntil()
			memory = memory.Park(a.launch.Request.Offerings, runner.LaunchFailed(problem, until), a.snapshot.Now, until)
		case problem.Class == runner.BadRequest:
			until := a.snapshot.Now.Add(a.alone)
			memory = memory.Park(a.blamed(problem), runner.LaunchFailed(problem, until), a.snapshot.Now, until)
		}
	}
	a.hopeless = hopeless(a.launch.Request.Shape, memory, a.snapshot.Now)
	if len(memory.Out) > 0 && !a.hopeless {
		a.put(memory)
	}
}

// parking is how long EC2 is not asked for what the account may not have: a quota is raised by a
// person, or by others' instances that end.
const parking = time.Minute

func (a *answer) parkedUntil() time.Time { return a.snapshot.Now.Add(min(parking, a.alone)) }

// unfulfilled tells the jobs of slots that got no instance. What no later call could mend refuses
// them; what was not the launch's fault gives their attempt back. A mistake in some offerings is nothing to
// the others: those are tried at once, as where there is no capacity.
func (a *answer) unfulfilled(slots []runner.Slot, problem runner.LaunchError) {
	for _, slot := range slots {
		job, found := a.snapshot.Jobs[slot.Job]
		if !found || job.State != runner.JobQueued {
			continue
		}
		until := a.until
		if a.hopeless {
			if refused, err := job.To(runner.JobRefused, a.snapshot.Now, rejected(a.launch.Request.Shape, problem)); err == nil {
				a.put(refused)
			}
			continue
		}
		switch problem.Class {
		case runner.NoCapacity, runner.BadRequest: // the next offering, at once
		case runner.Quota, runner.Denied: // what may still be had, at once; the rest once it is parked no more
			job.Attempts--
			until = a.parkedUntil()
		default:
			job.Attempts--
			job.NextAt = until
		}
		a.put(job.Because(runner.LaunchFailed(problem, until), a.snapshot.Now))
	}
}

func asLaunchError(err error) runner.LaunchError {
	var problem *runner.LaunchError
	if errors.As(err, &problem) {
		return *problem
	}
	return runner.LaunchError{Class: runner.UnknownOutcome, Code: "no answer", Message: err.Error()}
}
