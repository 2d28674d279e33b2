package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

func TestWhoSendsOneAfterTheOtherIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, began := newFake().queue(), time.Now()
		for range 300 {
			if err := q.Send(t.Context(), []byte("next")); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(began); got > 4*time.Second {
			t.Errorf("300 calls of 10ms took %v, want 4s at most", got)
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
		if got := time.Since(began); got > 300*time.Millisecond {
			t.Errorf("the last was sent after %v, want 300ms at most", got)
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

// A thousand jobs, queued at 100 a second, each heard of three times. A pass is made whenever something
// was sent; it takes a tenth of a second beside the queue's calls, as the lease and one commit do at
// least. Jobs that begin and end together come in as few calls as they were queued in; those that do so
// in their own time, 24 a second, come a few at a time.
func TestAThousandJobsTakeFewCalls(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for what, test := range map[string]struct {
		later           func(job int) time.Duration // when a job begins and when it ends, after it was queued
		mostSends, most float64                     // calls a job
	}{
		"begun and ended together":          {func(int) time.Duration { return time.Minute }, 0.4, 1.5},
		"begun and ended in their own time": {func(int) time.Duration { return time.Duration(random.Int64N(int64(42 * time.Second))) }, 0.6, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			hearOfJobs(t, f.queue(), test.later)
			if left := f.memory.Waiting(); left != 0 {
				t.Errorf("%s: %d messages were never received", what, left)
			}
			sends, all := float64(f.calls["SendMessageBatch"])/thousand, float64(f.all())/thousand
			t.Logf("%s: %.3f calls a job, %.3f of them to send; %v", what, all, sends, f.calls)
			if sends > test.mostSends || all > test.most {
				t.Errorf("%s: %.3f calls a job, %.3f of them to send, want at most %v and %v", what, all, sends, test.most, test.mostSends)
			}
		})
	}
}

const thousand = 1000

// hearOfJobs sends what is heard of a thousand jobs, and receives it pass by pass.
func hearOfJobs(t *testing.T, q *sqs.Queue, later func(job int) time.Duration) {
	wake, over := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(over)
		for range wake {
			drain(t, q)
			time.Sleep(100 * time.Millisecond)
		}
	}()
	var senders sync.WaitGroup
	for n := range thousand {
		queued := time.Duration(n) * time.Second / 100
		begun := queued + later(n)
		for _, at := range []time.Duration{queued, begun, begun + later(n)} {
			senders.Go(func() {
				time.Sleep(at)
				if err := q.Send(t.Context(), fmt.Appendf(nil, `{"job":%d,"at":%d}`, n, at)); err != nil {
					t.Error(err)
				}
				select {
				case wake <- struct{}{}:
				default:
				}
			})
		}
	}
	senders.Wait()
	close(wake)
	<-over
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
