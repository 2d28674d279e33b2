package server

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"
)

const (
	// perMessage is how many bytes a message of several events may have: SQS takes as much for one request.
	// Source: aws.amazon.com/sqs/pricing, "every 64 KB chunk of a payload is billed as 1 request".
	perMessage = 64 << 10
	// sendFor is how long a message may take to be durable.
	sendFor = 8 * time.Second
	// lonely is how long nobody waits any more after somebody as patient waited in vain, in such waits:
	// whoever sends one event after the other, each after the one before was answered, gains nothing by it.
	lonely = 4
)

// outbox gathers events into messages. An event that comes less than its patience after the last message
// left waits that long for company; one that comes alone leaves at once, and takes along who waits. It
// needs no goroutine of its own between events, for where the server runs nothing runs while no request is
// in flight.
//
//	event ─▶ alone ────────────────────────────▶ message
//	      └▶ too soon after the last message ─▶ parcel ─ full, or somebody's patience is over ─▶ message
type outbox struct {
	queue Queue

	mu     sync.Mutex
	open   *parcel                     // gathers; nil if nothing waits
	last   time.Time                   // when the last parcel left
	inVain map[time.Duration]time.Time // when somebody so patient last waited in vain
}

// parcel is a message that is being put together.
type parcel struct {
	events [][]byte
	bytes  int
	leaves time.Time
	timer  *time.Timer
	sent   chan struct{} // closed once it is known what became of it
	err    error
}

func newOutbox(queue Queue) *outbox {
	return &outbox{queue: queue, inVain: map[time.Duration]time.Time{}}
}

// send makes an event durable. After an error it may be so all the same.
func (o *outbox) send(ctx context.Context, event []byte, patience time.Duration) error {
	p := o.add(event, patience)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.sent:
		return p.err
	}
}

// add puts an event into the parcel that it leaves with.
func (o *outbox) add(event []byte, patience time.Duration) *parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open != nil && o.open.bytes+len(event) > perMessage {
		o.leave(o.open)
	}
	if o.open == nil {
		o.open = &parcel{bytes: len("[]"), sent: make(chan struct{})}
	}
	p := o.open
	p.events, p.bytes = append(p.events, event), p.bytes+len(",")+len(event)
	o.hurry(p, patience)
	return p
}

// hurry has a parcel leave when the patience of its last event is over, if not before. The outbox is
// locked.
func (o *outbox) hurry(p *parcel, patience time.Duration) {
	now := time.Now()
	at := now
	if now.Sub(o.last) < patience && now.Sub(o.inVain[patience]) >= lonely*patience {
		at = now.Add(patience)
	}
	if p.timer != nil {
		if !at.Before(p.leaves) {
			return
		}
		p.timer.Stop()
	}
	p.leaves = at
	p.timer = time.AfterFunc(at.Sub(now), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.open == p && len(p.events) == 1 && at.After(now) {
			o.inVain[patience] = time.Now()
		}
		o.leave(p)
	})
}

// leave sends a parcel off, unless it has left. It is nobody's call alone, so nobody's context ends it. The
// outbox is locked.
func (o *outbox) leave(p *parcel) {
	if o.open != p {
		return
	}
	p.timer.Stop()
	o.open, o.last = nil, time.Now()
	go func() {
		defer close(p.sent)
		ctx, cancel := context.WithTimeout(context.Background(), sendFor)
		defer cancel()
		p.err = o.queue.Send(ctx, pack(p.events))
	}()
}

// pack is a message of events: one as it is, or a list.
func pack(events [][]byte) []byte {
	if len(events) == 1 {
		return events[0]
	}
	return append(append([]byte{'['}, bytes.Join(events, []byte{','})...), ']')
}

// unpack is what a message has of events.
func unpack(message []byte) (events []json.RawMessage, err error) {
	if !bytes.HasPrefix(message, []byte{'['}) {
		return []json.RawMessage{message}, nil
	}
	err = json.Unmarshal(message, &events)
	return events, err
}
