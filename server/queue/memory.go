// Package queue keeps what was heard until a pass has applied it. A webhook is durable when the
// queue has it.
package queue

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// MaxReceives is how often a message is delivered before it is set aside as a dead letter, so that
// one that nobody can apply never blocks the others.
const MaxReceives = 10

// Memory is a queue in memory that behaves as SQS's standard queue does: a message that was
// received is hidden for a while, and comes again unless it is acknowledged.
type Memory struct {
	visibility time.Duration

	mu       sync.Mutex
	sent     chan struct{} // closed by the next send
	messages []*message    // oldest first
	dead     [][]byte
	handles  int
}

type message struct {
	body     []byte
	handle   string // of the last receive
	receives int
	hidden   time.Time // until when
}

// NewMemory makes an empty queue. Visibility is how long a received message stays hidden; it has to
// be longer than a pass.
func NewMemory(visibility time.Duration) *Memory {
	return &Memory{visibility: visibility, sent: make(chan struct{})}
}

// Send adds a message.
func (m *Memory) Send(_ context.Context, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, &message{body: append([]byte(nil), body...)})
	close(m.sent)
	m.sent = make(chan struct{})
	return nil
}

// Receive delivers at most so many messages that are not hidden. It waits so long at most for the first.
func (m *Memory) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	for until := time.Now().Add(wait); ; {
		received, sent, shown := m.receive(most)
		if len(received) > 0 || !time.Now().Before(until) {
			return received, nil
		}
		if shown.IsZero() || shown.After(until) {
			shown = until
		}
		timer := time.NewTimer(time.Until(shown))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-sent:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// receive delivers what there is now; if that is nothing, it says what is closed by the next send, and when
// the first message comes back that is hidden.
func (m *Memory) receive(most int) (received []runner.Message, sent <-chan struct{}, shown time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.buryPoison(now)
	for _, msg := range m.messages {
		if len(received) == most {
			break
		}
		if msg.hidden.After(now) {
			shown = runner.Earlier(shown, msg.hidden)
			continue
		}
		m.handles++
		msg.receives++
		msg.handle = strconv.Itoa(m.handles)
		msg.hidden = now.Add(m.visibility)
		received = append(received, runner.Message{Handle: msg.handle, Body: append([]byte(nil), msg.body...)})
	}
	return received, m.sent, shown
}

func (m *Memory) buryPoison(now time.Time) {
	kept := m.messages[:0]
	for _, msg := range m.messages {
		if msg.receives >= MaxReceives && !msg.hidden.After(now) {
			m.dead = append(m.dead, msg.body)
		} else {
			kept = append(kept, msg)
		}
	}
	clear(m.messages[len(kept):])
	m.messages = kept
}

// Ack removes messages for good. A handle that is not the last one of its message does nothing.
func (m *Memory) Ack(_ context.Context, handles ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	acked := make(map[string]bool, len(handles))
	for _, handle := range handles {
		acked[handle] = true
	}
	kept := m.messages[:0]
	for _, msg := range m.messages {
		if !acked[msg.handle] || msg.handle == "" {
			kept = append(kept, msg)
		}
	}
	clear(m.messages[len(kept):])
	m.messages = kept
	return nil
}

// DeadLetters are the messages that were set aside.
func (m *Memory) DeadLetters() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([][]byte(nil), m.dead...)
}

// Waiting is how many messages are not acknowledged yet.
func (m *Memory) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.messages)
}
