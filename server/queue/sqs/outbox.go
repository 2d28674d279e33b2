package sqs

import (
	"sync"
	"time"
)

// gather is the least time between two calls that are not full. A message that comes alone is sent at
// once; of those that come one after the other, each waits so long at most, in company.
const gather = 250 * time.Millisecond

// lonely is how long nothing waits after a message waited in vain: whoever sends one after the other,
// each after the one before was answered, gains nothing by it.
const lonely = time.Second

// outbox gathers messages into batches. It needs no goroutine of its own between messages, for where
// the server runs nothing runs while no request is under way.
//
//	message ─▶ alone ─────────────────────────▶ call
//	        └▶ too soon after the last call ─▶ batch ─ full, or gather is over ─▶ call
type outbox struct {
	send func(bodies []string) []error // the outcomes, in the same order

	mu     sync.Mutex
	open   *batch    // gathers; nil if nothing waits
	last   time.Time // when the last batch left
	inVain time.Time // when a message last waited in vain
}

type batch struct {
	bodies   []string
	bytes    int
	outcomes []chan error
	timer    *time.Timer
}

// add puts a message into a batch, and gives where its outcome will be told.
func (o *outbox) add(body string) <-chan error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open != nil && o.open.bytes+len(body) > maxBytes {
		o.leave(o.open)
	}
	if o.open == nil {
		o.begin()
	}
	outcome := make(chan error, 1)
	b := o.open
	b.bodies, b.bytes, b.outcomes = append(b.bodies, body), b.bytes+len(body), append(b.outcomes, outcome)
	if len(b.bodies) == perCall {
		o.leave(b)
	}
	return outcome
}

// begin opens a batch, and says when it leaves although it is not full. The outbox is locked.
func (o *outbox) begin() {
	b := &batch{}
	wait := time.Until(o.last.Add(gather))
	if time.Since(o.inVain) < lonely {
		wait = 0
	}
	o.open = b
	b.timer = time.AfterFunc(wait, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if wait > 0 && o.open == b && len(b.bodies) == 1 {
			o.inVain = time.Now()
		}
		o.leave(b)
	})
}

// leave sends a batch off, unless it has left. The outbox is locked.
func (o *outbox) leave(b *batch) {
	if o.open != b {
		return
	}
	b.timer.Stop()
	o.open, o.last = nil, time.Now()
	go func() {
		for n, err := range o.send(b.bodies) {
			b.outcomes[n] <- err
		}
	}()
}
