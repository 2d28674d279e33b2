package server

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/launch"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// Pass does all that is to be done now, under the lease: it applies what was heard, decides, and
// carries out. Within the budget: what is left stays as stored intent. Next says when it wants to be
// called again; zero is not before something is heard. While another process holds the lease, a
// pass does nothing, and wants to be called when that lease ends.
func (s *Server) Pass(ctx context.Context, budget time.Duration) (next time.Time, err error) {
	s.passing.Lock()
	defer s.passing.Unlock()
	lease, err := s.seams.Record.Acquire(ctx, s.config.Holder, budget+leaseMargin)
	if errors.Is(err, runner.ErrLeaseTaken) {
		return lease.Until, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("pass: acquire the lease: %w", err)
	}
	defer func() {
		// The pass may have been cancelled; its lease is given back all the same.
		err = errors.Join(err, s.seams.Record.Release(context.WithoutCancel(ctx), lease))
	}()
	p, err := s.begin(ctx, lease)
	if err != nil {
		return time.Time{}, err
	}
	if err := p.work(ctx, time.Now().Add(budget)); err != nil {
		s.snapshot = nil // what is stored and what is known may differ
		return time.Time{}, err
	}
	return p.next(), nil
}

// leaseMargin is how much longer than a pass its lease holds, for the effect that was begun last.
const leaseMargin = 10 * time.Second

// pass is one pass under way.
type pass struct {
	*Server
	lease      runner.Lease
	snapshot   *runner.Snapshot
	decideAt   time.Time // when time alone changes the scheduler's answer
	unfinished bool      // the budget ended before the work did
}

// begin gives the pass its snapshot: the one that this process still has, if nobody else held the
// lease since; else from the record alone.
func (s *Server) begin(ctx context.Context, lease runner.Lease) (*pass, error) {
	warm := s.snapshot != nil && s.fence == lease.Fence-1
	s.fence = lease.Fence
	if !warm {
		items, err := s.seams.Record.Unfinished(ctx)
		if err != nil {
			s.snapshot = nil
			return nil, fmt.Errorf("pass: read what is unfinished: %w", err)
		}
		snapshot := runner.NewSnapshot(items...)
		s.snapshot = &snapshot
	}
	s.snapshot.Now = time.Now()
	return &pass{Server: s, lease: lease, snapshot: s.snapshot}, nil
}

// work is the flow, in order. Effects begin only before the deadline; facts are always applied.
func (p *pass) work(ctx context.Context, deadline time.Time) error {
	if err := p.drain(ctx, deadline); err != nil {
		return err
	}
	if err := p.decide(ctx); err != nil {
		return err
	}
	budgeted, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for _, carryOut := range []func(context.Context) error{
		func(ctx context.Context) error { return p.launch.Call(ctx, p.snapshot, p.store) },
		func(ctx context.Context) error { return p.launch.Assign(ctx, p.snapshot, p.store) },
		func(ctx context.Context) error { return p.terminate.End(ctx, p.snapshot, p.store) },
	} {
		if err := carryOut(budgeted); err != nil {
			if budgeted.Err() != nil && ctx.Err() == nil {
				p.unfinished = true
				return nil
			}
			return err
		}
	}
	return nil
}

// decide stores what the scheduler wants: launches as intent, and reasons.
func (p *pass) decide(ctx context.Context) error {
	decisions, next := scheduler.Decide(*p.snapshot, p.limits)
	p.decideAt = next
	for _, decision := range decisions {
		if err := p.store(ctx, p.intent(decision)...); err != nil {
			return err
		}
	}
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
	}
	return []runner.Item{p.snapshot.Jobs[decision.Job].Because(decision.Reason, p.snapshot.Now)}
}

func launchID(random *rand.Rand) string { return fmt.Sprintf("%012x", random.Uint64()>>16) }

// next is when there is something to do again that time alone brings.
func (p *pass) next() time.Time {
	next := p.decideAt
	if p.unfinished {
		next = p.snapshot.Now
	}
	for _, open := range p.snapshot.Launches {
		next = runner.Earlier(next, open.NextAt)
	}
	for _, instance := range launch.Unassigned(*p.snapshot) {
		budget := p.snapshot.Buckets.Installation(instance.Class.Installation)
		due := budget.When(runner.JITPoints, p.snapshot.Now)
		if instance.NextAt.After(due) {
			due = instance.NextAt
		}
		next = runner.Earlier(next, due)
	}
	for _, instance := range p.snapshot.Runners {
		next = runner.Earlier(next, p.terminate.DueAt(instance))
	}
	return next
}
