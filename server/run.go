package server

import (
	"context"
	"errors"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	passBudget = 20 * time.Second       // what is not done by then is left to the next pass
	sweepEvery = time.Minute            // how long nothing may look at the record at all
	afterError = time.Second            // before a failed pass is tried again
	afterTaken = 500 * time.Millisecond // before the lease is asked for again that another process has: most passes are short
	atLeast    = 20 * time.Millisecond  // between two passes, if nobody wakes the second
)

// Run makes pass after pass until ctx ends: when woken, when the queue has a message as long as anything is
// unfinished, and when the last pass wanted the next. A failed pass is logged and made again.
func (s *Server) Run(ctx context.Context) {
	s.pulse.update(func() { s.pulse.runs = true })
	defer s.pulse.update(func() { s.pulse.runs = false })
	e := newEar(ctx, s.seams.Queue)
	defer e.end()
	for woken := true; ctx.Err() == nil && !s.isLeaving(); {
		if woken || !s.pulse.awake() {
			e.attend(ctx)
		}
		woken = s.rest(ctx, e, s.once(ctx, e))
	}
	if e.end() && ctx.Err() == nil { // it would be hidden from everybody else
		s.once(ctx, e)
	}
}

// once makes a pass, and says how long the next may wait.
func (s *Server) once(ctx context.Context, e *ear) (wait time.Duration) {
	select {
	case <-s.wake: // for this pass, whatever more woke it
	default:
	}
	met := s.pulse.begin()
	made, err := s.pass(ctx, passBudget, e.take)
	switch {
	case ctx.Err() != nil:
		return 0
	case errors.Is(err, runner.ErrLeaseTaken):
		return afterTaken
	case err != nil:
		s.config.Log.Error("pass failed", "error", err)
		return afterError
	}
	s.pulse.end(met, made.unfinished)
	if made.next.IsZero() {
		return sweepEvery
	}
	return min(sweepEvery, max(atLeast, time.Until(made.next)))
}

// rest waits until the next pass is to be made, and says whether somebody wants it who was not expected.
func (s *Server) rest(ctx context.Context, e *ear, wait time.Duration) (woken bool) {
	due := time.NewTimer(wait)
	defer due.Stop()
	quiet := time.NewTimer(time.Until(e.quiet))
	defer quiet.Stop()
	var wake <-chan struct{} // who wakes it wants what is in the queue
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.leaving:
			return false
		case <-due.C:
			return false
		case <-wake:
			return true
		case <-quiet.C:
			wake = s.wake
		case a := <-e.answers:
			if e.got(a) {
				return false
			}
		}
		if wake != nil && s.pulse.awake() {
			e.listen(listenFor)
		}
	}
}

// Wake says that there is something to do, for instance that the queue has a message.
func (s *Server) Wake() {
	s.pulse.update(func() { s.pulse.woken++ })
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
