package demo

import (
	"context"
	"errors"
	"time"
)

const (
	// stallAfter is longer than a budget of GitHub's, which is counted by the minute, holds jobs up.
	stallAfter = 75 * time.Second
	// longest is enough for the largest matrix on a slow machine.
	longest = 10 * time.Minute
)

// Why a demo ends before everything is done.
var (
	errStalled = errors.New("nothing has changed for 75 s")
	errTooLong = errors.New("it has run for 10 min")
)

// await returns when done says so; or, with the reason as its error, when there is no hope left or
// ctx ends. Done is asked again whenever one of the two channels is closed; both are taken before.
func await(ctx context.Context, done func() bool, changedA, changedB func() <-chan struct{}) error {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errTooLong)
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
			return errStalled
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		stalled.Reset(stallAfter)
	}
}
