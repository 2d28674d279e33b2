package server

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wire is a queue that takes 10 ms for a message, and keeps it.
type wire struct {
	Queue
	err error

	mu   sync.Mutex
	sent []string
}

func (w *wire) Send(ctx context.Context, body []byte) error {
	time.Sleep(10 * time.Millisecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.sent = append(w.sent, string(body))
	return ctx.Err()
}

const patient = 50 * time.Millisecond

// sendAll sends events at the same time, and gives what each was told.
func sendAll(t *testing.T, o *outbox, events ...string) []error {
	told := make([]error, len(events))
	var group sync.WaitGroup
	for n, event := range events {
		group.Go(func() { told[n] = o.send(t.Context(), []byte(event), patient) })
		synctest.Wait() // in their order
	}
	group.Wait()
	return told
}

func TestAnEventThatComesAloneIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(new(wire))
		for range 3 {
			began := time.Now()
			if err := o.send(t.Context(), []byte("1"), time.Second); err != nil || time.Since(began) != 10*time.Millisecond {
				t.Errorf("got %v after %v, want it sent after the 10ms of the call alone", err, time.Since(began))
			}
			time.Sleep(time.Second)
		}
	})
}

func TestWhoSendsOneAfterTheOtherIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, began := newOutbox(new(wire)), time.Now()
		for range 300 {
			if err := o.send(t.Context(), []byte("1"), patient); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(began); got > 4*time.Second {
			t.Errorf("300 calls of 10ms took %v, want 4s at most", got)
		}
	})
}

func TestEventsThatComeTogetherGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		o := newOutbox(w)
		began := time.Now()
		if err := errors.Join(sendAll(t, o, "1")...); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(sendAll(t, o, "2", "3", "4")...); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(began), 10*time.Millisecond+patient+10*time.Millisecond; got != want {
			t.Errorf("the last was sent after %v, want %v", got, want)
		}
		if diff := cmp.Diff([]string{"1", "[2,3,4]"}, w.sent); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestWhoIsInAHurryTakesAlongWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		o := newOutbox(w)
		sendAll(t, o, "1")
		var group sync.WaitGroup
		group.Go(func() { _ = o.send(t.Context(), []byte("2"), time.Minute) })
		time.Sleep(time.Second)
		began := time.Now()
		_ = o.send(t.Context(), []byte("3"), patient)
		group.Wait()
		if got := time.Since(began); got != 10*time.Millisecond {
			t.Errorf("they were sent after %v, want at once", got)
		}
		if diff := cmp.Diff([]string{"1", "[2,3]"}, w.sent); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestAMessageIsNoLongerThanOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		long := strings.Repeat("1", 30<<10)
		if err := errors.Join(sendAll(t, newOutbox(w), "1", long, long, long, long, long)...); err != nil {
			t.Fatal(err)
		}
		events := 0
		for _, message := range w.sent {
			if len(message) > perMessage {
				t.Errorf("a message has %d bytes, want at most %d", len(message), perMessage)
			}
			inside, err := unpack([]byte(message))
			if events += len(inside); err != nil {
				t.Error(err)
			}
		}
		if events != 6 || len(w.sent) > 4 {
			t.Errorf("%d events in %d messages, want 6 in 4 at most", events, len(w.sent))
		}
	})
}

func TestEveryoneInAMessageIsToldItsOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{err: errors.New("down")}
		for n, err := range sendAll(t, newOutbox(w), "1", "2", "3") {
			if !errors.Is(err, w.err) {
				t.Errorf("event %d was told %v, want that the queue is down", n, err)
			}
		}
	})
}

func TestASenderWhoLeavesTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		o := newOutbox(w)
		sendAll(t, o, "1")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		var left, stayed error
		var group sync.WaitGroup
		group.Go(func() { left = o.send(ctx, []byte("2"), patient) })
		synctest.Wait()
		group.Go(func() { stayed = o.send(t.Context(), []byte("3"), patient) })
		group.Wait()
		if !errors.Is(left, context.DeadlineExceeded) || stayed != nil {
			t.Errorf("who left was told %v, who stayed %v, want a deadline and nothing", left, stayed)
		}
	})
}

// A thousand jobs, queued within ten seconds, each heard of three times.
func TestAThousandJobsAreSentInFewCalls(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for what, later := range map[string]func() time.Duration{ // when a job begins and when it ends, after it was queued
		"begun and ended together":          func() time.Duration { return time.Minute },
		"begun and ended in their own time": func() time.Duration { return time.Duration(random.Int64N(int64(42 * time.Second))) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := new(wire)
			o := newOutbox(w)
			var senders sync.WaitGroup
			for n := range 1000 {
				at := time.Now().Add(time.Duration(random.Int64N(int64(10 * time.Second))))
				for _, most := range []time.Duration{queuedWaits, othersWait, othersWait} {
					due := at
					senders.Go(func() {
						time.Sleep(time.Until(due))
						began := time.Now()
						if err := o.send(t.Context(), fmt.Append(nil, n), most); err != nil || time.Since(began) > most+10*time.Millisecond {
							t.Errorf("got %v after %v, want it sent within %v and the call", err, time.Since(began), most)
						}
					})
					at = at.Add(later())
				}
			}
			senders.Wait()
			got := float64(len(w.sent)) / 1000
			t.Logf("%s: %.3f calls a job", what, got)
			if got > 0.4 {
				t.Errorf("%s: %.3f calls a job, want at most 0.4", what, got)
			}
		})
	}
}
