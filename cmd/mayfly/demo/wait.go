package demo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// stallAfter is longer than a budget of GitHub's, which is counted by the minute, holds jobs up.
	stallAfter = 75 * time.Second
	// longestSample is enough for the largest matrix on a slow machine.
	longestSample = 10 * time.Minute
	// longestFile is how long a job may take that says nothing else. Source: docs.github.com, "Workflow
	// syntax", timeout-minutes.
	longestFile = 6 * time.Hour
)

// errStalled is that there is no hope left.
var errStalled = errors.New("nothing has changed for 75 s")

// timeError is that the time is over, of which there is so much.
type timeError time.Duration

func (t timeError) Error() string {
	return fmt.Sprintf("it has run for %.0f min", time.Duration(t).Minutes())
}

// limit is how long a demo of the plan may take.
func (p plan) limit() time.Duration {
	if p.file == "" {
		return longestSample
	}
	return longestFile
}

// await returns when done says so; or, with the reason as its error, when the time is over, or there is
// no hope left, or ctx ends. Done is asked again whenever one of the two channels is closed; both are
// taken before. As long as something is busy there is hope, though nothing may change.
func await(ctx context.Context, limit time.Duration, done, busy func() bool, changedA, changedB func() <-chan struct{}) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timeError(limit))
	defer cancel()
	stalled := time.NewTimer(stallAfter)
	defer stalled.Stop()
	for {
		a, b := changedA(), changedB()
		if done() {
			return nil
		}
		select {
		case <-a:
		case <-b:
		case <-stalled.C:
			if !busy() {
				return errStalled
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		stalled.Reset(stallAfter)
	}
}
