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

// Run makes pass after pass until ctx ends: at once when woken, else when the last pass wanted the
// next. A failed pass is logged and made again.
func (s *Server) Run(ctx context.Context) {
	s.pulse.update(func() { s.pulse.runs = true })
	defer s.pulse.update(func() { s.pulse.runs = false })
	for ctx.Err() == nil && !s.isLeaving() {
		met := s.pulse.begin()
		made, err := s.pass(ctx, passBudget)
		wait := sweepEvery
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, runner.ErrLeaseTaken):
			wait = afterTaken
		case err != nil:
			s.config.Log.Error("pass failed", "error", err)
			wait = afterError
		default:
			s.pulse.end(met, made.unfinished)
			if !made.next.IsZero() {
				wait = min(wait, max(atLeast, time.Until(made.next)))
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.leaving:
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
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
