package function

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Queue is the stack's queue. Implemented by sqs.Queue.
type Queue interface {
	Send(ctx context.Context, body []byte) error
	SendLater(ctx context.Context, body []byte, delay time.Duration) error
	Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error)
	Ack(ctx context.Context, handles ...string) error
}

// wakeUp is a message that has a pass made, and says nothing else.
const wakeUp = `{"source":"mayfly.wake-up"}`

// Inbox is the queue as the server of a worker sees it: what the invocation brought comes first, then what
// else is in the queue, so that one pass takes all there is. Wake-ups have done their work when they came,
// and are not shown. Make it with [NewInbox].
type Inbox struct {
	Queue

	mu      sync.Mutex
	brought []runner.Message  // of this invocation, not applied yet
	ids     map[string]string // of their messages, by handle
	shown   int               // how many of them the pass under way has received
	asked   bool              // the pass under way has received
}

// NewInbox is a queue's inbox.
func NewInbox(queue Queue) *Inbox { return &Inbox{Queue: queue} }

// bring begins an invocation with what it brought.
func (i *Inbox) bring(records []events.SQSMessage) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.brought, i.ids = nil, map[string]string{}
	for _, record := range records {
		if record.Body != wakeUp {
			i.brought = append(i.brought, runner.Message{Handle: record.ReceiptHandle, Body: []byte(record.Body)})
			i.ids[record.ReceiptHandle] = record.MessageId
		}
	}
}

// begin begins a pass: what an earlier one did not apply is shown again.
func (i *Inbox) begin() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shown, i.asked = 0, false
}

// drained says whether the pass looked into the inbox. One that did not get the lease does not.
func (i *Inbox) drained() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// left are the ids of the messages that were brought and not applied.
func (i *Inbox) left() (ids []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, message := range i.brought {
		ids = append(ids, i.ids[message.Handle])
	}
	return ids
}

// Receive delivers at most so many messages, those that were brought first. It waits for others alone.
func (i *Inbox) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	some := i.show(most)
	if len(some) == most {
		return some, nil
	}
	others, err := i.others(ctx, most-len(some), wait)
	if len(some) > 0 {
		err = nil // they are to be applied, whatever becomes of the queue
	}
	return append(some, others...), err
}

// others are messages that were not brought, and no wake-ups.
func (i *Inbox) others(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	for {
		received, err := i.Queue.Receive(ctx, most, wait)
		if err != nil || len(received) == 0 {
			return nil, err
		}
		news := slices.DeleteFunc(slices.Clone(received), isWakeUp)
		if len(news) < len(received) {
			i.forget(ctx, received)
		}
		if len(news) > 0 {
			return news, nil
		}
	}
}

func (i *Inbox) show(most int) []runner.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = true
	some := i.brought[i.shown:min(i.shown+most, len(i.brought))]
	i.shown += len(some)
	return slices.Clone(some)
}

// forget removes the wake-ups among messages. One that could not be removed causes a pass too many.
func (i *Inbox) forget(ctx context.Context, received []runner.Message) {
	var handles []string
	for _, message := range received {
		if isWakeUp(message) {
			handles = append(handles, message.Handle)
		}
	}
	_ = i.Queue.Ack(ctx, handles...)
}

func isWakeUp(message runner.Message) bool { return string(message.Body) == wakeUp }

// Ack removes messages for good. Those that were brought are removed by Lambda, once the invocation has
// answered.
func (i *Inbox) Ack(ctx context.Context, handles ...string) error {
	others := i.apply(handles)
	if len(others) == 0 {
		return nil
	}
	return i.Queue.Ack(ctx, others...)
}

// apply takes messages out of what was brought, and gives the handles of others.
func (i *Inbox) apply(handles []string) (others []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, handle := range handles {
		at := slices.IndexFunc(i.brought, func(m runner.Message) bool { return m.Handle == handle })
		if at < 0 {
			others = append(others, handle)
			continue
		}
		i.brought = slices.Delete(i.brought, at, at+1)
		if at < i.shown {
			i.shown--
		}
	}
	return others
}
