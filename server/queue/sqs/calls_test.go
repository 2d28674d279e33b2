package sqs_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue/sqs"
)

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
