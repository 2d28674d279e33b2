package sqs

import (
	"sync"
	"time"
)

// lonely is how long nobody waits any more after somebody as patient waited in vain, in such waits: whoever
// sends one message after the other, each after the one before was answered, gains nothing by it.
const lonely = 4

// outbox gathers messages into batches. A message that comes less than its patience after the last
// call waits that long for company; one that comes alone leaves at once, and takes along who waits. It needs
// no goroutine of its own between messages, for where the server runs nothing runs while no request is
// under way.
//
//	message ─▶ alone ─────────────────────────▶ call
//	        └▶ too soon after the last call ─▶ batch ─ full, or somebody's patience is over ─▶ call
type outbox struct {
	send func(bodies []string) []error // the outcomes, in the same order

	mu     sync.Mutex
	open   *batch                      // gathers; nil if nothing waits
	last   time.Time                   // when the last batch left
	inVain map[time.Duration]time.Time // when somebody so patient last waited in vain
}

type batch struct {
	bodies   []string
	bytes    int
	outcomes []chan error
	leaves   time.Time
	timer    *time.Timer
}

// add puts a message into a batch, and gives where its outcome will be told.
func (o *outbox) add(body string, patience time.Duration) <-chan error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open != nil && o.open.bytes+len(body) > maxBytes {
		o.leave(o.open)
	}
	if o.open == nil {
		o.open = &batch{}
	}
	outcome := make(chan error, 1)
	b := o.open
	b.bodies, b.bytes, b.outcomes = append(b.bodies, body), b.bytes+len(body), append(b.outcomes, outcome)
	if len(b.bodies) == perCall {
		o.leave(b)
	} else {
		o.hurry(b, patience)
	}
	return outcome
}

// hurry has a batch leave when the patience of its last message is over, if not before. The outbox is
// locked.
func (o *outbox) hurry(b *batch, patience time.Duration) {
	now := time.Now()
	at := now
	if now.Sub(o.last) < patience && now.Sub(o.inVain[patience]) >= lonely*patience {
		at = now.Add(patience)
	}
	if b.timer != nil && !at.Before(b.leaves) {
		return
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	b.leaves = at
	b.timer = time.AfterFunc(at.Sub(now), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.open == b && len(b.bodies) == 1 && at.After(now) {
			o.inVain[patience] = time.Now()
		}
		o.leave(b)
	})
}

// leave sends a batch off, unless it has left. The outbox is locked.
func (o *outbox) leave(b *batch) {
	if o.open != b {
		return
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	o.open, o.last = nil, time.Now()
	go func() {
		for n, err := range o.send(b.bodies) {
			b.outcomes[n] <- err
		}
	}()
}
