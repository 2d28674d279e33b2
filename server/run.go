package server

import (
	"context"
	"time"
)

const (
	passBudget = 20 * time.Second      // what is not done by then is left to the next pass
	sweepEvery = time.Minute           // how long nothing may look at the record at all
	afterError = time.Second           // before a failed pass is tried again
	atLeast    = 20 * time.Millisecond // between two passes, if nobody wakes the second
)

// Run makes pass after pass until ctx ends: at once when woken, else when the last pass wanted the
// next. A failed pass is logged and made again.
func (s *Server) Run(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := s.Pass(ctx, passBudget)
		wait := sweepEvery
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.config.Log.Error("pass failed", "error", err)
			wait = afterError
		case !next.IsZero():
			wait = min(wait, max(atLeast, time.Until(next)))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}
