package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/launch"
)

// undecided is how long a process decides nothing because it has not heard all: the jobs that it knows may have
// ended, and what it launched for them would find none.
const undecided = time.Minute

// decide stores what the scheduler wants: launches as intent, and reasons. What jobs are told is stored
// all at once: it may be much, and it changes nothing of what is decided.
func (p *pass) decide(ctx context.Context) error {
	if now := wall(); p.heardAll || now.Sub(p.decidedAt) >= undecided {
		p.decidedAt = now
	} else {
		return nil
	}
	quiet := p.quiet
	decisions, next := p.wanted()
	var told []runner.Item
	for _, decision := range decisions {
		if decision.Kind == runner.DecideWait {
			told = append(told, p.intent(decision)...)
		} else if err := p.store(ctx, p.intent(decision)...); err != nil {
			return err
		}
	}
	if err := p.store(ctx, told...); err != nil {
		return err
	}
	p.quiet, p.decideAt = quiet && len(told) == len(decisions), next
	return nil
}

func (p *pass) intent(decision runner.Decision) []runner.Item {
	switch decision.Kind {
	case runner.DecideLaunch:
		return launch.Plan(*p.snapshot, decision, p.config.Stack, launchID(p.config.Random))
	case runner.DecideRefuse:
		refused, err := p.snapshot.Jobs[decision.Job].To(runner.JobRefused, p.snapshot.Now, decision.Reason)
		if err != nil {
			panic(err) // only a queued job is ever decided about
		}
		return []runner.Item{refused}
	case runner.DecideExpire:
		expired, err := p.snapshot.Jobs[decision.Job].To(runner.JobExpired, p.snapshot.Now, decision.Reason)
		if err != nil {
			panic(err) // only a job that waits is ever too old
		}
		return []runner.Item{expired}
	case runner.DecideRetire:
		leaves := []runner.Item{p.snapshot.Runners[decision.Runner].Leave(decision.Reason, p.snapshot.Now)}
		unserved := &facts{pass: p, latest: map[string]runner.Item{}}
		return slices.Concat(leaves, unserved.giveBackStuck(leaves))
	case runner.DecideWait:
		return []runner.Item{p.snapshot.Jobs[decision.Job].Because(decision.Reason, p.snapshot.Now)}
	}
	panic("unknown decision " + decision.Kind)
}

func launchID(random *rand.Rand) string { return fmt.Sprintf("%012x", random.Uint64()>>16) }

// next is when there is something to do again: at once, if what the pass did is itself something to
// decide about, as a launch is that brought too little; else when time alone brings it.
func (p *pass) next() time.Time {
	if !p.quiet {
		var decisions []runner.Decision
		if decisions, p.decideAt = p.wanted(); len(decisions) > 0 {
			p.decideAt = p.snapshot.Now
		}
		_, p.overstayAt = p.terminate.Overstayed(*p.snapshot)
	}
	next := runner.Earlier(p.decideAt, p.overstayAt)
	if !p.heardAll {
		next = p.snapshot.Now
	}
	next = runner.Earlier(next, p.sweep.DueAt(*p.snapshot))
	for _, job := range p.snapshot.Jobs {
		next = runner.Earlier(next, p.origin.DueAt(*p.snapshot, job))
	}
	for _, open := range p.snapshot.Launches {
		next = runner.Earlier(next, launch.CallAt(open))
	}
	for _, waiting := range launch.Unassigned(*p.snapshot) {
		next = runner.Earlier(next, launch.AssignAt(*p.snapshot, p.limits.Apps, waiting))
	}
	for _, instance := range p.snapshot.Runners {
		next = runner.Earlier(next, p.terminate.DueAt(instance))
		next = runner.Earlier(next, p.terminate.LeaveAt(*p.snapshot, instance))
	}
	next = runner.Earlier(next, p.rerun.DueAt(*p.snapshot))
	for _, c := range p.snapshot.Cancellations {
		next = runner.Earlier(next, p.terminate.CancelAt(*p.snapshot, c))
	}
	return next
}
