package logs

import (
	"fmt"
	"sync"
	"time"
)

// What PutLogEvents takes in one call, and what an event counts for beside its text.
// Source: docs.aws.amazon.com, CloudWatch Logs API Reference, "PutLogEvents": 1,048,576 bytes with 26
// for each event, 10,000 events, in order of time, within 24 hours.
const (
	eventBytes = 26
	maxSpan    = 24 * time.Hour
)

const (
	// batchBytes is an eighth of what a call may hold: the whole of it is kept in memory while it is
	// sent, as events, as JSON and as what is left of it. So it never has 10,000 events.
	batchBytes = 128 << 10
	queueBytes = 512 << 10
)

// Event is one line of a log.
type Event struct {
	At   time.Time
	Text string
}

// batch is what is sent in one call.
type batch struct {
	events []Event
	lines  int // of a log: what is lost with this batch if it is never sent, those told as lost included
}

// queue keeps the lines that are not sent yet, the newest of them if they are too many. The zero value is
// an empty queue.
type queue struct {
	mu      sync.Mutex
	events  []Event
	bytes   int
	last    time.Time
	dropped int // lines that no batch has told of as lost
	taken   int // lines in a batch that is not yet sent
	ended   bool
}

// push adds a line that is written now, and drops the oldest ones for it where there is no room. Times
// never go back, though the clock may: a batch is in order.
func (q *queue) push(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		q.dropped++
		return
	}
	if now := time.Now(); now.After(q.last) {
		q.last = now.Round(0) // the wall's clock alone, for that is the one which is sent
	}
	q.events = append(q.events, Event{At: q.last, Text: text})
	q.bytes += len(text) + eventBytes
	for q.bytes > queueBytes {
		q.shift()
		q.dropped++
	}
}

func (q *queue) shift() Event {
	event := q.events[0]
	q.events[0] = Event{}
	q.events = q.events[1:]
	q.bytes -= len(event.Text) + eventBytes
	return event
}

// take takes the oldest lines that fit into one call. If lines were lost, the first event tells.
func (q *queue) take() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 {
		return batch{}
	}
	var taken batch
	first, size := q.events[0].At, 0
	if q.dropped > 0 {
		notice := lost(q.dropped)
		taken.events, taken.lines = append(taken.events, Event{At: first, Text: notice}), q.dropped
		size, q.dropped = len(notice)+eventBytes, 0
	}
	for len(q.events) > 0 {
		next := q.events[0]
		if size += len(next.Text) + eventBytes; size > batchBytes || next.At.Sub(first) >= maxSpan {
			break
		}
		taken.events, taken.lines = append(taken.events, q.shift()), taken.lines+1
	}
	q.taken = taken.lines
	return taken
}

// lost is the event that tells of lost lines, in the form of the agent's own log.
func lost(lines int) string {
	return fmt.Sprintf(`{"level":"WARN","msg":"lines of this log are lost: there were more than could be sent","lines":%d}`, lines)
}

// sent says that what was taken is sent.
func (q *queue) sent() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken = 0
}

// lose says that what was taken never will be, nor so many lines that were sent and not kept.
func (q *queue) lose(refused int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped, q.taken = q.dropped+q.taken+refused, 0
}

// end makes that nothing more is taken in.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
}

// unsent is how many lines nobody has got, and nobody has been told of.
func (q *queue) unsent() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.events) + q.dropped + q.taken
}
