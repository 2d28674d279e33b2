package localcloud

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// outbox holds one instance's events until they are delivered, in order and one at a time. What it
// has is guarded by the cloud's lock.
type outbox struct {
	random     *rand.Rand
	waiting    []posted
	delivering bool // a goroutine is at it
}

type posted struct {
	body []byte
	due  time.Time
}

// post puts an event into an outbox, unless a fault has it go another way. Nobody waits for its
// delivery. The lock is held.
func (c *Cloud) post(o *outbox, event runner.Event) {
	if c.silent || c.config.Events == nil {
		return
	}
	event.ID = uuid(o.random)
	body, err := event.MarshalJSON()
	if err != nil {
		panic(err) // every event made here has its source's part
	}
	message := posted{body: body, due: event.At.Add(vary(o.random, c.config.Delays.Event))}
	switch way := c.delivery(event); {
	case way.Lost && event.Object != nil:
		c.fault(ReportLost)
	case way.Lost:
		c.fault(EventLost)
	case way.Duplicated:
		c.fault(EventDuplicated)
		c.put(o, message)
		c.putLate(o, message, way.Delay)
	default:
		c.putLate(o, message, way.Delay)
	}
}

// putLate lets others overtake a message that is delayed: it goes by an outbox of its own.
func (c *Cloud) putLate(o *outbox, message posted, delay time.Duration) {
	if delay > 0 {
		c.fault(EventDelayed)
		message.due = message.due.Add(delay)
		o = &outbox{}
	}
	c.put(o, message)
}

func (c *Cloud) put(o *outbox, message posted) {
	o.waiting = append(o.waiting, message)
	if !o.delivering {
		o.delivering = true
		c.deliveries.Go(func() { c.deliver(o) })
	}
}

// deliver empties an outbox.
func (c *Cloud) deliver(o *outbox) {
	for {
		next, found := c.nextOf(o)
		if !found {
			return
		}
		c.wait(context.Background(), time.Until(next.due))
		c.config.Events(next.body)
	}
}

func (c *Cloud) nextOf(o *outbox) (next posted, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(o.waiting) == 0 {
		o.delivering = false
		return posted{}, false
	}
	next, o.waiting = o.waiting[0], o.waiting[1:]
	return next, true
}
