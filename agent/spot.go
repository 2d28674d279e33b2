package agent

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/mayfly-ci/mayfly/agent/boot"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/watch"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

const (
	pollTokenLife = 5 * time.Minute // of the metadata's tokens, for who asks again and again
	maxNotice     = 4 << 10         // bytes
)

// notices is the metadata for who looks for notices: there are none most of the time.
type notices struct{ *boot.Metadata }

// Get is [watch.Metadata].
func (n notices) Get(ctx context.Context, path string) ([]byte, error) {
	body, err := n.Read(ctx, "meta-data/"+path, maxNotice)
	if errors.Is(err, boot.ErrAbsent) {
		return nil, nil
	}
	return body, err
}

// watchSpot looks for EC2's notices until ctx ends; then ended is closed. Where nobody may reach the metadata
// once a job runs there is nothing to look at: there the server alone hears of notices.
func (l *life) watchSpot(ctx context.Context, guard *watch.Watch) (ended <-chan struct{}) {
	spot := watch.Spot{
		Metadata: notices{boot.NewMetadata(l.endpoint, l.toMetadata, pollTokenLife)}, Random: rand.Float64, Log: l.Log,
		Noticed: func(notice watch.Notice) { l.taken(notice, guard) },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if l.orders.Door != assignment.DoorOff {
			spot.Watch(ctx)
		}
	}()
	return done
}

// taken tells all who have to know that EC2 takes the instance back.
func (l *life) taken(notice watch.Notice, guard *watch.Watch) {
	at := notice.At.UTC().Format(time.TimeOnly + " UTC")
	busy := guard.Taken(notice.Left(time.Now()))
	l.Log.Warn("EC2 takes the spot instance back", "action", notice.Action, "at", at, "busy", busy)
	l.sender.Send(assignment.Report{Kind: assignment.Interrupted, Timings: l.steps.All(), Problem: notice.Action + " at " + at})
	if busy {
		l.annotate("::warning title=EC2 takes this spot instance back::It is gone at " + at + ". The job ended in time.")
	}
}

// failStep ends the step of a job that EC2 cuts short, and has the job's log say why.
func (l *life) failStep() bool {
	l.annotate("::error title=EC2 took this spot instance back::The job was ended for it. Write spot=false in its label, if it must not be cut short.")
	return run.FailSteps()
}

// annotate adds a line to the job's log. A job goes on without it.
func (l *life) annotate(line string) {
	if err := l.hooks.Annotate(line); err != nil {
		l.Log.Warn("the job's log is not told", "error", err)
	}
}
