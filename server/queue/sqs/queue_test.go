package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/queuetest"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
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

// sendAll sends messages at the same time, and gives what each was told.
func sendAll(ctx context.Context, q *sqs.Queue, bodies ...string) []error {
	told := make([]error, len(bodies))
	var group sync.WaitGroup
	for n, body := range bodies {
		group.Go(func() { told[n] = q.Send(ctx, []byte(body)) })
		synctest.Wait() // in their order
	}
	group.Wait()
	return told
}

func numbers(many int) (bodies []string) {
	for n := range many {
		bodies = append(bodies, strconv.Itoa(n))
	}
	return bodies
}

func TestAMessageThatComesAloneIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newFake().queue()
		for range 3 {
			began := time.Now()
			if err := q.Send(t.Context(), []byte("alone")); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != 10*time.Millisecond {
				t.Errorf("sent after %v, want the 10ms of the call alone", got)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestMessagesThatComeTogetherGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		began := time.Now()
		if err := errors.Join(sendAll(t.Context(), f.queue(), numbers(24)...)...); err != nil {
			t.Fatal(err)
		}
		slices.Sort(f.sizes) // two were under way at once
		if want := []int{1, 3, 10, 10}; !slices.Equal(f.sizes, want) {
			t.Errorf("batches of %v, want %v", f.sizes, want)
		}
		if got := time.Since(began); got > 150*time.Millisecond {
			t.Errorf("the last was sent after %v, want 150ms at most", got)
		}
	})
}

func TestABatchIsNoLongerThanSQSTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		long := strings.Repeat("x", 100<<10)
		if err := errors.Join(sendAll(t.Context(), f.queue(), "first", long, long, long, long, long)...); err != nil {
			t.Fatal(err)
		}
		slices.Sort(f.sizes)
		if want := []int{1, 1, 2, 2}; !slices.Equal(f.sizes, want) {
			t.Errorf("batches of %v, want %v", f.sizes, want)
		}
	})
}

func TestAMessageThatSQSWouldNotTakeIsRefusedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		bad := map[string]string{
			"262145 bytes":       strings.Repeat("x", 256<<10+1),
			"0 bytes":            "",
			"not UTF-8":          "\xff",
			`'\x00' at byte 4`:   "null\x00",
			`'\x1b' at byte 0`:   "\x1b[0m",
			"write it as JSON d": "\b",
		}
		for says, body := range bad {
			if err := f.queue().Send(t.Context(), []byte(body)); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("got error %v, want one that says %q", err, says)
			}
		}
		if got := f.all(); got != 0 {
			t.Errorf("%d calls were made for what SQS does not take, want none", got)
		}
	})
}

func TestEachSenderIsToldItsOwnOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.refuse = func(_ string, call, entry int) *failed {
			switch {
			case call == 2 && entry == 1:
				return &failed{SenderFault: true, Code: "InvalidMessageContents"}
			case call == 2 && entry == 2, call > 2 && entry == 0 && call < 4:
				return &failed{Code: "InternalError"}
			}
			return nil
		}
		told := sendAll(t.Context(), f.queue(), numbers(6)...)
		for n, err := range told {
			if refused := err != nil; refused != (n == 2) {
				t.Errorf("message %d was told %v", n, err)
			}
		}
		if got := f.memory.Waiting(); got != 5 {
			t.Errorf("%d messages in the queue, want 5", got)
		}
		if want := []int{1, 5, 1, 1}; !slices.Equal(f.sizes, want) {
			t.Errorf("batches of %v, want %v: only what SQS failed to do is sent again", f.sizes, want)
		}
	})
}

func TestWhenSQSIsDownEverySenderHearsOfItInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.status = func(string, int) int { return 500 }
		began := time.Now()
		for n, err := range sendAll(t.Context(), f.queue(), numbers(3)...) {
			if err == nil {
				t.Errorf("message %d was told that it was sent", n)
			}
		}
		if got := time.Since(began); got > 9*time.Second {
			t.Errorf("the last heard after %v, want 9s at most: GitHub waits for ten", got)
		}
	})
}

func TestASenderWhoLeavesTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		q := f.queue()
		sendAll(t.Context(), q, "first")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		var left, stayed error
		var group sync.WaitGroup
		group.Go(func() { left = q.Send(ctx, []byte("left")) })
		synctest.Wait()
		group.Go(func() { stayed = q.Send(t.Context(), []byte("stayed")) })
		group.Wait()
		if !errors.Is(left, context.DeadlineExceeded) || stayed != nil {
			t.Errorf("who left was told %v, who stayed %v, want a deadline and nothing", left, stayed)
		}
	})
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

// A thousand jobs, each heard of three times: queued at 100 a second, begun and ended a minute later.
// A pass begins with whatever was sent and takes a tenth of a second beside the queue's calls, which
// is what the lease and one commit take at least.
func TestAThousandJobsTakeFewCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs, heard = 1000, 3
		f := newFake()
		q := f.queue()
		wake, over := make(chan struct{}, 1), make(chan struct{})
		go func() {
			defer close(over)
			for range wake {
				drain(t, q)
				time.Sleep(100 * time.Millisecond)
			}
		}()
		var senders sync.WaitGroup
		for range heard {
			for n := range jobs {
				senders.Go(func() {
					if err := q.Send(t.Context(), fmt.Appendf(nil, `{"job":%d}`, n)); err != nil {
						t.Error(err)
					}
					select {
					case wake <- struct{}{}:
					default:
					}
				})
				time.Sleep(time.Second / 100)
			}
			time.Sleep(time.Minute)
		}
		senders.Wait()
		close(wake)
		<-over
		if left := f.memory.Waiting(); left != 0 {
			t.Errorf("%d messages were never received", left)
		}
		sends, all := float64(f.calls["SendMessageBatch"])/jobs, float64(f.all())/jobs
		t.Logf("calls a job: %.3f in all, %.3f to send; %v", all, sends, f.calls)
		if sends > 0.4 || all > 1.5 {
			t.Errorf("calls a job: %.3f in all, %.3f to send, want at most 1.5 and 0.4", all, sends)
		}
	})
}

// drain is what a pass does with the queue.
func drain(t *testing.T, q *sqs.Queue) {
	var handles []string
	for {
		messages, err := q.Receive(t.Context(), 10)
		if err != nil {
			t.Error(err)
			return
		}
		for _, message := range messages {
			handles = append(handles, message.Handle)
		}
		if len(handles) > 49 || len(messages) == 0 && len(handles) > 0 {
			if err := q.Ack(t.Context(), handles...); err != nil {
				t.Error(err)
			}
			handles = nil
		}
		if len(messages) == 0 {
			return
		}
	}
}

func TestAMessageForLaterIsKeptBackForWholeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		q := f.queue()
		for _, delay := range []time.Duration{-time.Second, 0, time.Millisecond, 3 * time.Second, time.Hour} {
			if err := q.SendLater(t.Context(), []byte("later"), delay); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := f.later, []int{0, 0, 1, 3, 900}; !slices.Equal(got, want) {
			t.Errorf("got delays of %v s, want %v", got, want)
		}
		if err := q.SendLater(t.Context(), nil, time.Second); err == nil || f.calls["SendMessageBatch"] != 5 {
			t.Errorf("an empty message: got %v and %d calls, want an error and 5", err, f.calls["SendMessageBatch"])
		}
	})
}

func TestAMessageForLaterThatSQSRefusesIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.refuse = func(string, int, int) *failed { return &failed{Code: "InternalError"} }
		if err := f.queue().SendLater(t.Context(), []byte("later"), time.Second); err == nil || f.calls["SendMessageBatch"] != 3 {
			t.Errorf("got %v after %d calls, want an error after 3", err, f.calls["SendMessageBatch"])
		}
	})
}
