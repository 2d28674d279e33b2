package server

import (
	"context"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	// listenFor is how long a receive waits while anything is unfinished. SQS lets none wait longer:
	// docs.aws.amazon.com, Amazon SQS API Reference, "ReceiveMessage", WaitTimeSeconds.
	listenFor = 20 * time.Second
	// lookFor is the same of one that looks whether there is anything. One that does not wait at all
	// may overlook what is there.
	lookFor = time.Second
	// ringsWithin is how long a pass waits for the answer of the receive under way that may have what
	// it was woken for. It is the worst case: one that has anything answers at once.
	ringsWithin = 250 * time.Millisecond
	// gatherFor is the least time from a pass that heard something to the next receive, so that what
	// comes one by one is heard of by tens. Whoever comes alone waits for nothing.
	gatherFor = 500 * time.Millisecond
)

// ear is how a process that makes passes by itself hears of messages: one receive at a time, which goes
// on beside the passes, and whose answer is the next pass's. It is cut off by nobody but the end of the
// process: its answer may be on its way, and what it has is hidden from everybody else.
//
//	listen ─▶ receive, up to 20 s ─▶ answer ─▶ take, by the next pass that has the lease
type ear struct {
	queue Queue
	ctx   context.Context // of every receive
	close context.CancelFunc

	answers chan answer // has room for one
	busy    bool        // a receive is under way, or its answer not taken yet
	heard   *answer     // that nobody has taken
	quiet   time.Time   // until when nothing is listened to
}

type answer struct {
	messages []runner.Message
	err      error
}

// matters says whether an answer is one that a pass has to know.
func (a answer) matters() bool { return len(a.messages) > 0 || a.err != nil }

func newEar(ctx context.Context, queue Queue) *ear {
	e := &ear{queue: queue, answers: make(chan answer, 1)}
	e.ctx, e.close = context.WithCancel(ctx)
	return e
}

// listen begins a receive, unless there is one.
func (e *ear) listen(wait time.Duration) {
	if e.busy {
		return
	}
	e.busy = true
	go func() {
		messages, err := e.queue.Receive(e.ctx, perReceive, wait)
		e.answers <- answer{messages, err}
	}()
}

// got notes an answer, and says whether a pass has to know it.
func (e *ear) got(a answer) bool {
	if !a.matters() {
		e.busy = false
		return false
	}
	e.heard = &a
	return true
}

// attend waits a moment for the receive under way, or for one that it begins.
func (e *ear) attend(ctx context.Context) {
	if e.heard != nil || time.Now().Before(e.quiet) {
		return
	}
	e.listen(lookFor)
	timer := time.NewTimer(ringsWithin)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case a := <-e.answers:
		e.got(a)
	}
}

// take gives what was heard to a pass.
func (e *ear) take(context.Context) ([]runner.Message, error) {
	if e.heard == nil {
		return nil, nil
	}
	heard := *e.heard
	e.heard, e.busy = nil, false
	quiet := gatherFor
	if heard.err != nil {
		quiet = afterError
	}
	e.quiet = time.Now().Add(quiet)
	return heard.messages, heard.err
}

// end ends the receive under way, and says whether anything was heard that no pass has taken.
func (e *ear) end() bool {
	e.close()
	if e.busy && e.heard == nil {
		e.got(<-e.answers)
	}
	return e.heard != nil && len(e.heard.messages) > 0
}
