package function

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

const (
	passBudget  = 20 * time.Second       // of one pass: server.Pass's own limit
	leastBudget = time.Second            // what a pass is begun with
	reserve     = 16 * time.Second       // before the invocation's end: for a pass's last effect, the lease and the answer
	leaseWait   = 30 * time.Second       // how long messages wait for the lease that another has
	afterTaken  = 500 * time.Millisecond // before the lease is asked for again
	afterError  = time.Second            // before a failed pass is made again; twice as long each time
	soon        = time.Second            // what is due by then is waited for, for a wake-up is no more exact
	tickEvery   = time.Minute            // what is due after that is left to the schedule
)

// Timeout is what a worker's function needs: for the lease, a whole pass, and the rest. The queue has to hide
// what was received for longer than that.
const Timeout = leaseWait + passBudget + reserve

// Worker makes the passes. It works on one invocation at a time, as Lambda does; make it with its fields set.
//
// What a pass wants to be called for next is a delayed message to the worker itself. The schedule's tick
// comes every minute all the same, so a wake-up that is lost costs a minute at most.
type Worker struct {
	Pass  func(ctx context.Context, budget time.Duration) (next time.Time, err error) // server.Server's
	Inbox *Inbox                                                                      // the same server's queue
	Log   *slog.Logger

	wakeAt time.Time // when the first wake-up is due that this process sent: one is enough
}

// Work applies what the queue brought. What it names in its answer was not applied, and comes again; the
// rest Lambda removes from the queue. After an error all of it comes again, which changes nothing of what was applied.
func (w *Worker) Work(ctx context.Context, brought events.SQSEvent) (events.SQSEventResponse, error) {
	w.Inbox.bring(brought.Records)
	err := w.passes(ctx)
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, id := range w.Inbox.left() {
		answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return answer, err
}

// Tick makes a pass, whatever there is to do. If another has the lease, that one makes it.
func (w *Worker) Tick(ctx context.Context) error {
	w.Inbox.bring(nil)
	return w.passes(ctx)
}

// passes makes passes until nothing is due soon, or the invocation's time is over.
func (w *Worker) passes(ctx context.Context) error {
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < reserve+leastBudget {
		return fmt.Errorf("lambda: the invocation has %s, too little for a pass: give the function a timeout of %s",
			time.Until(deadline).Round(time.Second), Timeout)
	}
	began, again := time.Now(), afterError
	for {
		w.Inbox.begin()
		next, err := w.Pass(ctx, budget(ctx))
		var wait time.Duration
		switch {
		case err != nil:
			w.Log.Warn("pass failed", "error", err)
			wait, again = again, 2*again
		case !w.Inbox.drained() && len(w.Inbox.left()) > 0:
			if time.Since(began) >= leaseWait {
				w.Log.Warn("the lease is taken for too long; the messages come again", "until", next)
				return nil
			}
			wait = afterTaken
		case next.IsZero() || time.Until(next) > soon:
			w.wakeUp(ctx, next)
			return nil
		default:
			wait = time.Until(next)
		}
		if !slept(ctx, wait) {
			w.wakeUp(ctx, next)
			return err
		}
	}
}

// budget is what a pass may take, so that the invocation does not end before it.
func budget(ctx context.Context) time.Duration {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return passBudget
	}
	return min(passBudget, time.Until(deadline)-reserve)
}

// slept waits, if there is time for another pass then, and says whether there is.
func slept(ctx context.Context, wait time.Duration) bool {
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline)-max(wait, 0) < reserve+leastBudget {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// wakeUp has the worker called when the next pass is due. Passes that want the same do so once.
func (w *Worker) wakeUp(ctx context.Context, next time.Time) {
	now := time.Now().Round(0) // by the wall clock: the other one may stand still between invocations
	if next.IsZero() || next.Sub(now) > tickEvery || w.wakeAt.After(now) && !next.Before(w.wakeAt) {
		return
	}
	delay := (max(next.Sub(now), 0) + time.Second - 1).Truncate(time.Second) // as the queue rounds it
	if err := w.Inbox.SendLater(ctx, []byte(wakeUp), delay); err != nil {
		w.Log.Warn("no wake-up; the schedule's tick has to do", "error", err)
		return
	}
	w.wakeAt = now.Add(delay)
}
