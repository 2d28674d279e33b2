// Package queuetest is what every queue has to keep, as a test suite.
package queuetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Queue is what the suite is about. Implemented by queue.Memory and sqs.Queue.
type Queue interface {
	Send(ctx context.Context, body []byte) error
	Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error)
	Ack(ctx context.Context, handles ...string) error
}

// Opened is an empty queue, and what the suite has to know about it.
type Opened struct {
	Queue
	Visibility  time.Duration // how long a received message stays hidden
	MaxReceives int           // deliveries before a message is a dead letter
	DeadLetters func(t *testing.T) []string
}

// Contract runs the suite; open is called for each part of it. The parts sleep, so a queue in memory
// is run in a bubble: within is then synctest.Test. A real queue is given [InRealTime].
func Contract(t *testing.T, open func(t *testing.T) Opened, within func(*testing.T, func(*testing.T))) {
	t.Helper()
	parts := map[string]func(*testing.T, Opened){
		"what is sent is received, once":             sentIsReceived,
		"a receive takes no more than it is allowed": receiveIsBounded,
		"what is not acknowledged comes again":       unackedComesAgain,
		"an old handle acknowledges nothing":         oldHandle,
		"a poison message blocks nobody":             poison,
		"many send and receive at once":              manyAtOnce,
		"who waits is given the first that comes":    whoWaits,
		"what a job's name may have is sent":         oddCharacters,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T) { part(t, open(t)) })
		})
	}
}

// InRealTime runs a part of the suite as it is.
func InRealTime(t *testing.T, part func(*testing.T)) { part(t) }

func sentIsReceived(t *testing.T, q Opened) {
	var want []string
	for n := range 25 {
		body := fmt.Sprintf(`{"n":%d}`, n)
		want = append(want, body)
		send(t, q, body)
	}
	got := drain(t, q)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v, in any order", got, want)
	}
	time.Sleep(2 * q.Visibility)
	if again := drain(t, q); len(again) > 0 {
		t.Errorf("acknowledged messages came again: %v", again)
	}
}

func receiveIsBounded(t *testing.T, q Opened) {
	for n := range 5 {
		send(t, q, strconv.Itoa(n))
	}
	if got := receive(t, q, 3); len(got) > 3 {
		t.Errorf("got %d messages, want at most 3", len(got))
	}
}

func unackedComesAgain(t *testing.T, q Opened) {
	send(t, q, "once more")
	first := receiveOne(t, q)
	if hidden := receive(t, q, 10); len(hidden) > 0 {
		t.Errorf("a message that was just received came again at once")
	}
	time.Sleep(q.Visibility + time.Second)
	second := receiveOne(t, q)
	if got, want := string(second.Body), string(first.Body); got != want {
		t.Errorf("got %q, want %q again", got, want)
	}
}

func oldHandle(t *testing.T, q Opened) {
	send(t, q, "slow")
	old := receiveOne(t, q)
	time.Sleep(q.Visibility + time.Second)
	newer := receiveOne(t, q)
	if err := q.Ack(t.Context(), newer.Handle, newer.Handle, old.Handle, "no-such-handle"); err != nil {
		t.Logf("acknowledging what is gone: %v", err)
	}
	time.Sleep(q.Visibility + time.Second)
	if got := receive(t, q, 10); len(got) > 0 {
		t.Errorf("the message came again after its last handle was acknowledged")
	}
}

func poison(t *testing.T, q Opened) {
	send(t, q, "poison")
	for n := range q.MaxReceives {
		if got := receive(t, q, 10); len(got) != 1 {
			t.Fatalf("delivery %d: got %d messages, want the poison one", n+1, len(got))
		}
		send(t, q, "good")
		good := receiveOne(t, q)
		if got := string(good.Body); got != "good" {
			t.Fatalf("got %q beside the poison message, want %q", got, "good")
		}
		ack(t, q, good.Handle)
		time.Sleep(q.Visibility + time.Second)
	}
	if got := receive(t, q, 10); len(got) > 0 {
		t.Errorf("the poison message came a %dth time", q.MaxReceives+1)
	}
	if got, want := q.DeadLetters(t), []string{"poison"}; !slices.Equal(got, want) {
		t.Errorf("dead letters: got %v, want %v", got, want)
	}
}

func manyAtOnce(t *testing.T, q Opened) {
	const messages = 45
	var group sync.WaitGroup
	var want []string
	for n := range messages {
		want = append(want, strconv.Itoa(n))
		group.Go(func() { send(t, q, strconv.Itoa(n)) })
	}
	group.Wait()
	var got, handles []string
	for {
		received := receive(t, q, messages)
		if len(received) == 0 {
			break
		}
		for _, message := range received {
			got, handles = append(got, string(message.Body)), append(handles, message.Handle)
		}
	}
	ack(t, q, handles...)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v, in any order", got, want)
	}
	time.Sleep(q.Visibility + time.Second)
	if again := receive(t, q, 10); len(again) > 0 {
		t.Errorf("%d messages came again after all were acknowledged at once", len(again))
	}
}

func whoWaits(t *testing.T, q Opened) {
	began := time.Now()
	if got, err := q.Receive(t.Context(), 10, time.Second); err != nil || len(got) > 0 {
		t.Errorf("got %d messages, %v, of an empty queue", len(got), err)
	}
	if took := time.Since(began); took < time.Second/2 {
		t.Errorf("an empty queue was waited for %v, want about a second", took)
	}
	sent := make(chan struct{})
	began = time.Now()
	go func() {
		defer close(sent)
		time.Sleep(time.Second)
		send(t, q, "late")
	}()
	got, err := q.Receive(t.Context(), 10, 15*time.Second)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %d messages, %v, want the one that came", len(got), err)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it was delivered after %v, want when it came", took)
	}
	<-sent
	ack(t, q, got[0].Handle)

	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, leave)
	began = time.Now()
	if _, err := q.Receive(ctx, 10, 20*time.Second); err == nil || time.Since(began) > 8*time.Second {
		t.Errorf("who leaves got %v after %v, want an error at once", err, time.Since(began))
	}
}

func oddCharacters(t *testing.T, q Opened) {
	const want = "build \uffff \ufffe \u0000 <\U0001f98b> \t \u007f"
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	send(t, q, string(body))
	var got string
	if err := json.Unmarshal(receiveOne(t, q).Body, &got); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func send(t *testing.T, q Opened, body string) {
	t.Helper()
	if err := q.Send(t.Context(), []byte(body)); err != nil {
		t.Errorf("send %q: %v", body, err)
	}
}

func receive(t *testing.T, q Opened, most int) []runner.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), most, 0)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func receiveOne(t *testing.T, q Opened) runner.Message {
	t.Helper()
	messages := receive(t, q, 10)
	if len(messages) != 1 {
		t.Fatalf("received %d messages, want 1", len(messages))
	}
	return messages[0]
}

func ack(t *testing.T, q Opened, handles ...string) {
	t.Helper()
	if err := q.Ack(t.Context(), handles...); err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, q Opened) []string {
	t.Helper()
	var bodies []string
	for {
		messages := receive(t, q, 10)
		if len(messages) == 0 {
			return bodies
		}
		for _, message := range messages {
			bodies = append(bodies, string(message.Body))
			ack(t, q, message.Handle)
		}
	}
}
