package server

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/launch"
	"github.com/mayfly-ci/mayfly/server/metrics"
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
	began := time.Now()
	defer func() { s.metrics.Observe(metrics.Pass(time.Since(began), err)) }()
	p, err := s.begin(ctx, lease)
	if err != nil {
		return time.Time{}, err
	}
	if err := p.work(ctx, time.Now().Add(budget)); err != nil {
		s.snapshot = nil // what is stored and what is known may differ
		return time.Time{}, err
	}
	s.metrics.Stand(metrics.Stand(*p.snapshot))
	return p.next(), nil
}

// leaseMargin is how much longer than a pass its lease holds, for the effect that was begun last.
const leaseMargin = launch.Timeout + 5*time.Second

// pass is one pass under way.
type pass struct {
	*Server
	lease    runner.Lease
	snapshot *runner.Snapshot
	heardAll bool // the queue was empty
	alerts   []alert.Alert
	decided  bool      // nothing was stored since that the scheduler decides on
	decideAt time.Time // when time alone changes what it decided
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
		s.board.Begin(snapshot)
	}
	s.snapshot.Now = time.Now()
	s.board.Put(s.snapshot.Now)
	// How many a second is this process's configuration; how many were launched lately is the record's.
	rate := &s.snapshot.Buckets.Rate
	rate.Capacity, rate.Refill = float64(s.config.LaunchRate), float64(s.config.LaunchRate)
	return &pass{Server: s, lease: lease, snapshot: s.snapshot}, nil
}

// work is the flow, in order. No effect begins after the deadline; one that has begun is waited for.
func (p *pass) work(ctx context.Context, deadline time.Time) error {
	if err := p.drain(ctx, deadline); err != nil {
		return err
	}
	overstayed, _ := p.terminate.Overstayed(*p.snapshot)
	unserved := &facts{pass: p, latest: map[string]runner.Item{}}
	if err := p.store(ctx, slices.Concat(overstayed, unserved.giveBackStuck(overstayed))...); err != nil {
		return err
	}
	if err := p.origin.Run(ctx, p.snapshot, p.store, deadline); err != nil {
		return err
	}
	if err := p.decide(ctx); err != nil {
		return err
	}
	if err := p.launch.Call(ctx, p.snapshot, p.store, deadline); err != nil {
		return err
	}
	if err := p.launch.Assign(ctx, p.snapshot, p.store, deadline); err != nil {
		return err
	}
	if err := p.terminate.LetGo(ctx, p.snapshot, p.store, deadline); err != nil {
		return err
	}
	if err := p.terminate.End(ctx, p.snapshot, p.store, deadline); err != nil {
		return err
	}
	if err := p.terminate.Cancel(ctx, p.snapshot, p.store, deadline); err != nil {
		return err
	}
	if err := p.sweep.Run(ctx, p.snapshot, p.store, p.found, deadline); err != nil {
		return err
	}
	return p.alert.Raise(ctx, p.snapshot, p.store, p.alerts)
}

// found applies what a sweep found.
func (p *pass) found(ctx context.Context, events ...runner.Event) error {
	f := facts{pass: p, latest: map[string]runner.Item{}}
	for _, event := range events {
		items, err := f.changes(ctx, event)
		if err != nil {
			return err
		}
		f.note(items)
	}
	return f.store(ctx, f.items...)
}

// decide stores what the scheduler wants: launches as intent, and reasons. Those are stored all at once:
// they are many, and what jobs are told changes nothing of what is decided.
func (p *pass) decide(ctx context.Context) error {
	decisions, next := scheduler.Decide(*p.snapshot, p.limits)
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
	p.decided, p.decideAt = len(told) == len(decisions), next
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
		return []runner.Item{p.snapshot.Runners[decision.Runner].Leave(decision.Reason, p.snapshot.Now)}
	case runner.DecideWait:
		return []runner.Item{p.snapshot.Jobs[decision.Job].Because(decision.Reason, p.snapshot.Now)}
	}
	panic("unknown decision " + decision.Kind)
}

func launchID(random *rand.Rand) string { return fmt.Sprintf("%012x", random.Uint64()>>16) }

// next is when there is something to do again: at once, if what the pass did is itself something to
// decide about, as a launch is that brought too little; else when time alone brings it.
func (p *pass) next() time.Time {
	next := p.decideAt
	if !p.decided {
		decisions, at := scheduler.Decide(*p.snapshot, p.limits)
		if next = at; len(decisions) > 0 {
			next = p.snapshot.Now
		}
	}
	if !p.heardAll {
		next = p.snapshot.Now
	}
	_, overstay := p.terminate.Overstayed(*p.snapshot)
	next = runner.Earlier(next, runner.Earlier(overstay, p.sweep.DueAt(*p.snapshot)))
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
	for _, c := range p.snapshot.Cancellations {
		next = runner.Earlier(next, p.terminate.CancelAt(*p.snapshot, c))
	}
	return next
}
