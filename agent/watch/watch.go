package watch

import (
	"context"
	"sync"
	"time"
)

// Watch watches one runner. Its timers run on the monotonic clock, so that a machine whose clock is
// set does not lose its job.
type Watch struct {
	limits Limits
	cancel context.CancelCauseFunc
	fail   func() bool

	mu     sync.Mutex
	runner life
	timer  *time.Timer
}

// Begin watches a runner that starts now. The context is for the runner: it ends when the runner
// has to stop, and its cause wraps one of this package's errors. When EC2 takes the instance back, fail is
// called before that, to end what step the runner's job is in: it says whether there was one, and so whether
// the job is given the time to end by itself.
func Begin(ctx context.Context, limits Limits, fail func() bool) (context.Context, *Watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &Watch{limits: limits, cancel: cancel, fail: fail}
	w.note(&w.runner.started)
	return ctx, w
}

// Updating: the runner, which listens, gets itself a newer version. It will listen again, and be idle anew.
func (w *Watch) Updating() { w.note(&w.runner.listening) }

// Listening: the runner waits for a job.
func (w *Watch) Listening() { w.note(&w.runner.listening) }

// JobStarted: the runner has a job.
func (w *Watch) JobStarted() { w.note(&w.runner.jobStarted) }

// JobDone: the runner's job has ended.
func (w *Watch) JobDone() { w.note(&w.runner.jobDone) }

// Taken: EC2 takes the instance back, so long from now. It says whether the runner has a job, which goes on
// for as long as it can.
func (w *Watch) Taken(left time.Duration) (busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runner.taken = time.Now().Add(left)
	w.set()
	return !w.runner.jobStarted.IsZero() && w.runner.jobDone.IsZero()
}

// End ends the watch. The runner's context ends with it.
func (w *Watch) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.cancel(nil)
}

func (w *Watch) note(moment *time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*moment = time.Now()
	w.set()
}

// set sets the timer to when the runner is due now. The lock is held.
func (w *Watch) set() {
	at, _ := w.limits.due(w.runner)
	if w.timer == nil {
		w.timer = time.AfterFunc(time.Until(at), w.ring)
		return
	}
	w.timer.Reset(time.Until(at))
}

// ring stops the runner, unless it has got on since the timer was set: a job that came in the very
// last moment is not lost. A job that EC2 cuts short first has its step ended.
func (w *Watch) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, why := w.limits.due(w.runner)
	switch {
	case time.Now().Before(at):
	case w.runner.cutShort(why) && w.fail():
		w.runner.failed = time.Now()
		w.set()
	default:
		w.cancel(why)
	}
}
