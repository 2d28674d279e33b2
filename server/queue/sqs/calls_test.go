package sqs_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/queue/sqs/sqstest"
)

// A thousand jobs, queued within ten seconds, each heard of three times. Jobs that begin and end together
// come in as few calls as they were queued in; so do those that do so in their own time, 24 a second, as
// whoever tells of that has patience.
func TestAThousandJobsAreSentInFewCalls(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for what, later := range map[string]func(job int) time.Duration{ // when a job begins and when it ends, after it was queued
		"begun and ended together":          func(int) time.Duration { return time.Minute },
		"begun and ended in their own time": func(int) time.Duration { return time.Duration(random.Int64N(int64(42 * time.Second))) },
	} {
		synctest.Test(t, func(t *testing.T) {
			f := sqstest.New()
			hearOfJobs(t, f.Queue(), random, later)
			got := float64(f.Calls()["SendMessageBatch"]) / thousand
			t.Logf("%s: %.3f calls a job", what, got)
			if got > 0.4 {
				t.Errorf("%s: %.3f calls a job, want at most 0.4", what, got)
			}
		})
	}
}

const thousand = 1000

// hearOfJobs sends what is heard of a thousand jobs.
func hearOfJobs(t *testing.T, q *sqs.Queue, random *rand.Rand, later func(job int) time.Duration) {
	var senders sync.WaitGroup
	for n := range thousand {
		queued := time.Duration(random.Int64N(int64(10 * time.Second)))
		begun := queued + later(n)
		for nth, at := range []time.Duration{queued, begun, begun + later(n)} {
			senders.Go(func() {
				time.Sleep(at)
				began, most := time.Now(), []time.Duration{50 * time.Millisecond, time.Second, time.Second}[nth]
				err := q.Send(t.Context(), fmt.Appendf(nil, `{"job":%d,"at":%d}`, n, at), most)
				if took := time.Since(began); took > most+10*time.Millisecond {
					t.Errorf("it took %v to send, want no more than the call takes and %v", took, most)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	senders.Wait()
}
