package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/launch"
	"github.com/mayfly-ci/mayfly/server/metrics"
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

	quiet      bool      // since the next two were found out, nothing was stored that changes them
	overstayAt time.Time // when the next runner has to go
	decideAt   time.Time // when time alone changes what the scheduler wants
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
	overstayed, overstayAt := p.terminate.Overstayed(*p.snapshot)
	p.quiet, p.overstayAt = true, overstayAt
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
	if err := p.rerun.Run(ctx, p.snapshot, p.store, p.recall, deadline); err != nil {
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
