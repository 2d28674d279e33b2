package sqs_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/queue/sqs/sqstest"
)

// patience is how long the messages of these tests wait for company.
const patience = 250 * time.Millisecond

// sendAll sends messages at the same time, and gives what each was told.
func sendAll(ctx context.Context, q *sqs.Queue, bodies ...string) []error {
	told := make([]error, len(bodies))
	var group sync.WaitGroup
	for n, body := range bodies {
		group.Go(func() { told[n] = q.Send(ctx, []byte(body), patience) })
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
		q := sqstest.New().Queue()
		for range 3 {
			began := time.Now()
			if err := q.Send(t.Context(), []byte("alone"), patience); err != nil {
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
		q, began := sqstest.New().Queue(), time.Now()
		for range 300 {
			if err := q.Send(t.Context(), []byte("next"), patience); err != nil {
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
		f := sqstest.New()
		began := time.Now()
		if err := errors.Join(sendAll(t.Context(), f.Queue(), numbers(24)...)...); err != nil {
			t.Fatal(err)
		}
		sizes := slices.Sorted(slices.Values(f.Sizes())) // two were under way at once
		if want := []int{1, 3, 10, 10}; !slices.Equal(sizes, want) {
			t.Errorf("batches of %v, want %v", sizes, want)
		}
		if got := time.Since(began); got > 300*time.Millisecond {
			t.Errorf("the last was sent after %v, want 300ms at most", got)
		}
	})
}

func TestABatchIsNoLongerThanSQSTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		long := strings.Repeat("x", 100<<10)
		if err := errors.Join(sendAll(t.Context(), f.Queue(), "first", long, long, long, long, long)...); err != nil {
			t.Fatal(err)
		}
		sizes := slices.Sorted(slices.Values(f.Sizes()))
		if want := []int{1, 1, 2, 2}; !slices.Equal(sizes, want) {
			t.Errorf("batches of %v, want %v", sizes, want)
		}
	})
}

func TestAMessageThatSQSWouldNotTakeIsRefusedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		bad := map[string]string{
			"262145 bytes":       strings.Repeat("x", 256<<10+1),
			"0 bytes":            "",
			"not UTF-8":          "\xff",
			`'\x00' at byte 4`:   "null\x00",
			`'\x1b' at byte 0`:   "\x1b[0m",
			"write it as JSON d": "\b",
		}
		for says, body := range bad {
			if err := f.Queue().Send(t.Context(), []byte(body), patience); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("got error %v, want one that says %q", err, says)
			}
		}
		if got := len(f.Calls()); got != 0 {
			t.Errorf("%d calls were made for what SQS does not take, want none", got)
		}
	})
}

func TestEachSenderIsToldItsOwnOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		f.Refuse = func(_ string, call, entry int) *sqstest.Refusal {
			switch {
			case call == 2 && entry == 1:
				return &sqstest.Refusal{SenderFault: true, Code: "InvalidMessageContents"}
			case call == 2 && entry == 2, call > 2 && entry == 0 && call < 4:
				return &sqstest.Refusal{Code: "InternalError"}
			}
			return nil
		}
		told := sendAll(t.Context(), f.Queue(), numbers(6)...)
		for n, err := range told {
			if refused := err != nil; refused != (n == 2) {
				t.Errorf("message %d was told %v", n, err)
			}
		}
		if got := f.Memory.Waiting(); got != 5 {
			t.Errorf("%d messages in the queue, want 5", got)
		}
		if want := []int{1, 5, 1, 1}; !slices.Equal(f.Sizes(), want) {
			t.Errorf("batches of %v, want %v: only what SQS failed to do is sent again", f.Sizes(), want)
		}
	})
}

func TestWhenSQSIsDownEverySenderHearsOfItInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		f.Status = func(string, int) int { return 500 }
		began := time.Now()
		for n, err := range sendAll(t.Context(), f.Queue(), numbers(3)...) {
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
		f := sqstest.New()
		q := f.Queue()
		sendAll(t.Context(), q, "first")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		var left, stayed error
		var group sync.WaitGroup
		group.Go(func() { left = q.Send(ctx, []byte("left"), patience) })
		synctest.Wait()
		group.Go(func() { stayed = q.Send(t.Context(), []byte("stayed"), patience) })
		group.Wait()
		if !errors.Is(left, context.DeadlineExceeded) || stayed != nil {
			t.Errorf("who left was told %v, who stayed %v, want a deadline and nothing", left, stayed)
		}
	})
}
