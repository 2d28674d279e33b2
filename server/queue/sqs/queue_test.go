package sqs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/queuetest"
)

func TestTheQueueKeepsItsContractBeforeSQSInAProcess(t *testing.T) {
	queuetest.Contract(t, func(*testing.T) queuetest.Opened {
		f := newFake()
		return queuetest.Opened{
			Queue: f.queue(), Visibility: 30 * time.Second, MaxReceives: queue.MaxReceives,
			DeadLetters: func(*testing.T) (bodies []string) {
				for _, body := range f.memory.DeadLetters() {
					bodies = append(bodies, string(body))
				}
				return bodies
			},
		}
	}, synctest.Test)
}

func TestWhatSQSFailedToRemoveIsRemovedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		q := f.queue()
		sendAll(t.Context(), q, numbers(3)...)
		messages, err := q.Receive(t.Context(), 10)
		if err != nil || len(messages) != 3 {
			t.Fatalf("received %v, %v, want 3 messages", messages, err)
		}
		f.refuse = func(_ string, call, entry int) *failed {
			if call == 1 && entry == 1 {
				return &failed{Code: "InternalError"}
			}
			return nil
		}
		if err := q.Ack(t.Context(), messages[0].Handle, messages[1].Handle, messages[2].Handle); err != nil {
			t.Error(err)
		}
		if got := f.memory.Waiting(); got != 0 {
			t.Errorf("%d messages were left, want none", got)
		}

		f.refuse = func(string, int, int) *failed { return &failed{Code: "InternalError"} }
		if err := q.Ack(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "InternalError") {
			t.Errorf("one that SQS never removes: got error %v, want one that says so", err)
		}
		f.refuse = func(string, int, int) *failed { return &failed{SenderFault: true, Code: "ReceiptHandleIsInvalid"} }
		if err := q.Ack(t.Context(), "1"); err != nil {
			t.Errorf("a handle that is no longer known: got %v, want nothing", err)
		}
	})
}

func TestWhatThisProcessSentIsFoundWhereverItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.overlooks = true
		q := f.queue()
		receive := func(what string, want int, within time.Duration) {
			t.Helper()
			began := time.Now()
			got, err := q.Receive(t.Context(), 10)
			if took := time.Since(began); err != nil || len(got) != want || took > within {
				t.Errorf("%s: got %d messages after %v, %v, want %d within %v", what, len(got), took, err, want, within)
			}
		}
		sendAll(t.Context(), q, numbers(3)...)
		receive("its own", 3, 20*time.Millisecond)
		before := f.all()
		receive("and no more", 0, 0)
		if f.all() != before {
			t.Error("it asked again, although all of its own had come")
		}
		if err := f.memory.Send(t.Context(), []byte("another's")); err != nil {
			t.Fatal(err)
		}
		receive("another's, overlooked", 0, 20*time.Millisecond)

		sendAll(t.Context(), q, "taken")
		if taken, err := f.memory.Receive(t.Context(), 10); err != nil || len(taken) != 2 {
			t.Fatalf("another replica took %v, %v, want both", taken, err)
		}
		receive("what another replica took", 0, 1020*time.Millisecond)
		time.Sleep(time.Second)
		receive("which it does not look for again", 0, 20*time.Millisecond)
	})
}

func TestWhatWasReceivedIsGivenOutWhateverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		q := f.queue()
		sendAll(t.Context(), q, numbers(15)...)
		f.status = func(operation string, call int) int {
			if operation == "ReceiveMessage" && call > 1 {
				return 400
			}
			return 200
		}
		if got, err := q.Receive(t.Context(), 20); err != nil || len(got) != 10 {
			t.Errorf("got %d messages, %v, want the 10 of the first call", len(got), err)
		}
		if _, err := q.Receive(t.Context(), 20); err == nil {
			t.Error("a receive that brought nothing but an error: got none")
		}
	})
}
