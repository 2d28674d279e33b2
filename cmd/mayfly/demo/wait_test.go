package demo

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// never is a channel that tells of no change.
func never() <-chan struct{} { return nil }

// every tells of a change after each interval.
func every(interval time.Duration) func() <-chan struct{} {
	return func() <-chan struct{} {
		changed := make(chan struct{})
		time.AfterFunc(interval, func() { close(changed) })
		return changed
	}
}

func TestAwaitEnds(t *testing.T) {
	const longest = 10 * time.Minute
	stopped := errors.New("stopped")
	for what, test := range map[string]struct {
		doneAfter time.Duration
		stopAfter time.Duration
		changes   func() <-chan struct{}
		busy      time.Duration // so long
		want      error
		took      time.Duration
	}{
		"when all is done":                  {doneAfter: 5 * time.Minute, changes: every(time.Minute), took: 5 * time.Minute},
		"when all was done from the start":  {changes: never},
		"when nothing changes":              {doneAfter: time.Hour, changes: never, want: errStalled, took: stallAfter},
		"when a job that says nothing ends": {doneAfter: time.Hour, changes: never, busy: 100 * time.Second, want: errStalled, took: 2 * stallAfter},
		"when it takes too long":            {doneAfter: time.Hour, changes: every(time.Second), want: timeError(longest), took: longest},
		"when it is told to":                {doneAfter: time.Hour, stopAfter: time.Second, changes: never, want: stopped, took: time.Second},
	} {
		for _, swapped := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if test.stopAfter > 0 {
					time.AfterFunc(test.stopAfter, func() { cancel(stopped) })
				}
				began := time.Now()
				a, b := test.changes, never
				if swapped {
					a, b = b, a
				}
				done := func() bool { return time.Since(began) >= test.doneAfter }
				busy := func() bool { return time.Since(began) < test.busy }
				err := await(ctx, longest, done, busy, a, b)
				if !errors.Is(err, test.want) || test.want == nil && err != nil {
					t.Errorf("%s: got %v, want %v", what, err, test.want)
				}
				if got := time.Since(began); got != test.took {
					t.Errorf("%s: took %v, want %v", what, got, test.took)
				}
			})
		}
	}
}
