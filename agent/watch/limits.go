// Package watch sees to it that a runner does not outstay its welcome, and that it goes before EC2 takes its
// instance from under it.
package watch

import (
	"errors"
	"fmt"
	"time"
)

// Why a runner is stopped.
var (
	ErrIdle        = errors.New("no job came")
	ErrOverdue     = errors.New("it ran too long")
	ErrOffline     = errors.New("it did not get to listen for jobs")
	ErrStuck       = errors.New("it did not end after its job")
	ErrInterrupted = errors.New("EC2 takes the spot instance back")
)

const (
	// maxBoot is how long a runner may take until it listens.
	maxBoot = 5 * time.Minute
	// afterJob is how long a runner may take to end after its job. Its instance has to be gone 2 min
	// after the job.
	afterJob = time.Minute
	// lastMoments are what a runner is left of a notice's two minutes to end its job and tell GitHub, and
	// the agent to tell the rest.
	lastMoments = 25 * time.Second
	// inVain is how much of that goes by in which a job whose step was ended may end by itself.
	inVain = 8 * time.Second
)

// Limits say how long a runner may stay.
type Limits struct {
	MaxIdle    time.Duration // from when it listens until a job comes
	MaxRuntime time.Duration // from its start to its end
}

// life is what a runner has done so far, and what was done to it: when each thing happened, zero if it has
// not. The end of an instance that EC2 takes back is when it will be.
type life struct{ started, listening, jobStarted, jobDone, taken, failed time.Time }

// due is when a runner that does nothing more has to be stopped, and why.
func (l Limits) due(runner life) (at time.Time, why error) {
	at, why = runner.started.Add(l.MaxRuntime), fmt.Errorf("%w: its limit is %v", ErrOverdue, l.MaxRuntime)
	sooner := func(end time.Time, because error) {
		if end.Before(at) {
			at, why = end, because
		}
	}
	within := func(since time.Time, limit time.Duration, because error) {
		sooner(since.Add(limit), fmt.Errorf("%w in %v", because, limit))
	}
	busy := !runner.jobStarted.IsZero()
	switch {
	case !runner.jobDone.IsZero():
		within(runner.jobDone, afterJob, ErrStuck)
	case busy:
	case !runner.listening.IsZero():
		within(runner.listening, l.MaxIdle, ErrIdle)
	default:
		within(runner.started, maxBoot, ErrOffline)
	}
	if !runner.taken.IsZero() {
		sooner(stopBefore(runner), fmt.Errorf("%w at %s", ErrInterrupted, runner.taken.UTC().Format(time.TimeOnly+" UTC")))
	}
	return at, why
}

// stopBefore is when a runner has to be stopped whose instance EC2 takes back: now, if it has no job; else
// so that it can still end its job, which it is left to do by itself once its step was ended.
func stopBefore(runner life) time.Time {
	switch {
	case runner.jobStarted.IsZero():
		return time.Time{}
	case runner.failed.IsZero():
		return runner.taken.Add(-lastMoments)
	}
	return runner.failed.Add(inVain)
}

// cutShort says whether a runner has to stop, for why, that has a job whose step was not ended yet.
func (l life) cutShort(why error) bool {
	return errors.Is(why, ErrInterrupted) && !l.jobStarted.IsZero() && l.jobDone.IsZero() && l.failed.IsZero()
}
