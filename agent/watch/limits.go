// Package watch sees to it that a runner does not outstay its welcome.
package watch

import (
	"errors"
	"fmt"
	"time"
)

// Why a runner is stopped.
var (
	ErrIdle    = errors.New("no job came")
	ErrOverdue = errors.New("it ran too long")
	ErrStuck   = errors.New("it did not end after its job")
)

// afterJob is how long a runner may take to end after its job. Its instance has to be gone 2 min
// after the job.
const afterJob = time.Minute

// Limits say how long a runner may stay.
type Limits struct {
	MaxIdle    time.Duration // from when it listens until a job comes
	MaxRuntime time.Duration // from its start to its end
}

// life is what a runner has done so far: when it did each thing, zero if it has not.
type life struct{ started, listening, jobStarted, jobDone time.Time }

// due is when a runner that does nothing more has to be stopped, and why.
func (l Limits) due(runner life) (at time.Time, why error) {
	at, why = runner.started.Add(l.MaxRuntime), fmt.Errorf("%w: its limit is %v", ErrOverdue, l.MaxRuntime)
	sooner := func(since time.Time, limit time.Duration, because error) {
		if end := since.Add(limit); end.Before(at) {
			at, why = end, fmt.Errorf("%w in %v", because, limit)
		}
	}
	switch {
	case !runner.jobDone.IsZero():
		sooner(runner.jobDone, afterJob, ErrStuck)
	case !runner.jobStarted.IsZero():
	case !runner.listening.IsZero():
		sooner(runner.listening, l.MaxIdle, ErrIdle)
	default: // one that never comes to listen waits for no job either
		sooner(runner.started, l.MaxIdle, ErrIdle)
	}
	return at, why
}
