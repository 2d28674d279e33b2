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

	mu     sync.Mutex
	runner life
	timer  *time.Timer
}

// Begin watches a runner that starts now. The context is for the runner: it ends when the runner
// has to stop, and its cause wraps one of this package's errors.
func Begin(ctx context.Context, limits Limits) (context.Context, *Watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &Watch{limits: limits, cancel: cancel}
	w.note(&w.runner.started)
	return ctx, w
}

// Listening: the runner waits for a job.
func (w *Watch) Listening() { w.note(&w.runner.listening) }

// JobStarted: the runner has a job.
func (w *Watch) JobStarted() { w.note(&w.runner.jobStarted) }

// JobDone: the runner's job has ended.
func (w *Watch) JobDone() { w.note(&w.runner.jobDone) }

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
	at, _ := w.limits.due(w.runner)
	if w.timer == nil {
		w.timer = time.AfterFunc(time.Until(at), w.ring)
		return
	}
	w.timer.Reset(time.Until(at))
}

// ring stops the runner, unless it has got on since the timer was set: a job that came in the very
// last moment is not lost.
func (w *Watch) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, why := w.limits.due(w.runner); !time.Now().Before(at) {
		w.cancel(why)
	}
}
