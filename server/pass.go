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
	l, err := s.pass(ctx, budget, s.receive)
	if errors.Is(err, runner.ErrLeaseTaken) {
		return l.next, nil
	}
	return l.next, err
}

// left is what a pass leaves.
type left struct {
	next       time.Time // when it wants to be called again
	unfinished bool      // jobs, or what was made for them
}

// hearing gives a pass the next messages. Fewer than asked for are all there are, as far as is known.
type hearing func(ctx context.Context) ([]runner.Message, error)

// receive is the hearing of who waits for no message.
func (s *Server) receive(ctx context.Context) ([]runner.Message, error) {
	return s.seams.Queue.Receive(ctx, perReceive, 0)
}

// pass makes a pass, which hears first what it is given to hear. While another process holds the lease
// the error is [runner.ErrLeaseTaken].
func (s *Server) pass(ctx context.Context, budget time.Duration, first hearing) (l left, err error) {
	s.passing.Lock()
	defer s.passing.Unlock()
	deadline := time.Now().Add(budget) // whatever takes its time: a host may end with it
	if !s.equip(ctx) {
		return left{next: time.Now().Add(afterLack)}, nil
	}
	defer func() {
		if ctx.Err() == nil {
			s.made(err)
		}
	}()
	lease, err := s.seams.Record.Acquire(ctx, s.config.Holder, budget+leaseMargin)
	if errors.Is(err, runner.ErrLeaseTaken) {
		return left{next: lease.Until}, err
	}
	if err != nil {
		return left{}, fmt.Errorf("pass: %w: acquire the lease: %w", errRecord, err)
	}
	defer func() {
		// The pass may have been cancelled; its lease is given back all the same.
		released := s.seams.Record.Release(context.WithoutCancel(ctx), lease)
		if released != nil {
			released = fmt.Errorf("pass: %w: release the lease: %w", errRecord, released)
		}
		err = errors.Join(err, released)
	}()
	began := time.Now()
	defer func() { s.metrics.Observe(metrics.Pass(time.Since(began), err)) }()
	p, err := s.begin(ctx, lease)
	if err != nil {
		return left{}, err
	}
	if err := p.work(ctx, first, runner.Until{Deadline: deadline, Leaving: s.leaving}); err != nil {
		s.snapshot = nil // what is stored and what is known may differ
		return left{}, err
	}
	return left{p.next(), p.unfinished()}, nil
}

// wall is now, by the wall clock alone. The clock by which Go tells what has passed may stand still between two
// invocations of a function, and what a snapshot knows outlasts them.
func wall() time.Time { return time.Now().Round(0) }

// leaseMargin is how much longer than a pass its lease holds, for the effect that was begun last.
const leaseMargin = launch.Timeout + 5*time.Second

// afterLack is when a pass is made again that had nothing to work with.
const afterLack = 10 * time.Second

// pass is one pass under way.
type pass struct {
	*Server
	lease    runner.Lease
	snapshot *runner.Snapshot
	heardAll bool // as far as is known, the queue is empty
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
			return nil, fmt.Errorf("pass: %w: read what is unfinished: %w", errRecord, err)
		}
		s.passOver(items)
		snapshot := runner.NewSnapshot(items...)
		s.snapshot = &snapshot
		s.board.Begin(snapshot)
	}
	s.snapshot.Now = wall()
	s.board.Put(s.snapshot.Now)
	// How many a second is this process's configuration; how many were launched lately is the record's.
	rate := &s.snapshot.Buckets.Rate
	rate.Capacity, rate.Refill = float64(s.config.LaunchRate), float64(s.config.LaunchRate)
	return &pass{Server: s, lease: lease, snapshot: s.snapshot}, nil
}

// work is the flow, in order. No effect begins after the deadline, nor once the process is to end; one that has
// begun is waited for.
func (p *pass) work(ctx context.Context, first hearing, until runner.Until) error {
	hearing := until
	hearing.Deadline = time.Now().Add(time.Until(until.Deadline) / 2) // or a full queue would have all the time
	if err := p.drain(ctx, first, hearing); err != nil {
		return err
	}
	overstayed, overstayAt := p.terminate.Overstayed(*p.snapshot)
	p.quiet, p.overstayAt = true, overstayAt
	unserved := &facts{pass: p, latest: map[string]runner.Item{}}
	if err := p.store(ctx, slices.Concat(overstayed, unserved.giveBackStuck(overstayed))...); err != nil {
		return err
	}
	if err := p.origin.Run(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.group.Run(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.decide(ctx); err != nil {
		return err
	}
	if err := p.launch.Call(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.launch.Assign(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.terminate.LetGo(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.terminate.End(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.terminate.Cancel(ctx, p.snapshot, p.store, until); err != nil {
		return err
	}
	if err := p.rerun.Run(ctx, p.snapshot, p.store, p.recall, until); err != nil {
		return err
	}
	if err := p.sweep.Run(ctx, p.snapshot, p.store, p.found, until); err != nil {
		return err
	}
	if err := p.alert.Raise(ctx, p.snapshot, p.store, p.alerts); err != nil {
		return err
	}
	p.lookAtImages(ctx)
	return p.usage.Run(ctx, p.snapshot, p.store)
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

// unfinished says whether anything goes on that a later pass will have to do with.
func (p *pass) unfinished() bool {
	return !p.heardAll || len(p.snapshot.Jobs)+len(p.snapshot.Runners)+len(p.snapshot.Launches)+len(p.snapshot.Cancellations) > 0
}
