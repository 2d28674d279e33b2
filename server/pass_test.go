package server_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/launch"
)

// pass makes one pass, and gives when the next is wanted, from now on.
func (w *world) pass(s *server.Server) time.Duration {
	w.t.Helper()
	next, err := s.Pass(w.t.Context(), 20*time.Second)
	check(w.t, err)
	if next.IsZero() {
		return 0
	}
	return time.Until(next)
}

// delivered waits until GitHub's webhooks, so many in all, are in the queue.
func (w *world) delivered(count int) {
	for changed := w.hub.Changed(); w.hub.Books().Deliveries.OK < count; changed = w.hub.Changed() {
		<-changed
	}
}

// another is a second server on the same stores, as a second replica is.
func (w *world) another(holder string, change ...func(*server.Seams)) *server.Server {
	w.t.Helper()
	config, seams := w.serverConfig, w.seams
	config.Holder = holder
	config.Random = rand.New(rand.NewPCG(7, 7+w.replicas.Add(1))) // each has a source of its own
	for _, c := range change {
		c(&seams)
	}
	s, err := server.New(config, seams)
	check(w.t, err)
	return s
}

func TestAPassDoesNothingWhileAnotherProcessHoldsTheLease(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(1, small)
		w.delivered(1)
		lease, err := w.record.Acquire(t.Context(), "somebody else", 25*time.Second)
		check(t, err)
		if next := w.pass(w.server); next != 25*time.Second {
			t.Errorf("the pass wants to come again in %v, want in 25 s, when the lease ends", next)
		}
		if books := w.cloud.Books(); books.Launched != 0 || w.queue.Waiting() != 1 {
			t.Errorf("%d launched, %d messages waiting: want it to have done nothing", books.Launched, w.queue.Waiting())
		}
		check(t, w.record.Release(t.Context(), lease))
		w.run()
		w.settle(time.Minute)
	})
}

func TestASecondReplicaTakesOverWhatTheFirstBegan(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(3, small)
		w.delivered(3)
		w.pass(w.server)
		second := w.another("second")
		for w.hub.Books().Unfinished() > 0 {
			w.pass(second)
			w.pass(w.server) // its snapshot is old by now: it has to read the record again
			time.Sleep(time.Second)
		}
		for w.cloud.Books().Left > 0 || w.queue.Waiting() > 0 {
			time.Sleep(time.Second)
			w.pass(second)
		}
		if books := w.cloud.Books(); books.Launched != 3 {
			t.Errorf("%d instances were launched for 3 jobs", books.Launched)
		}
	})
}

// reads counts how often the whole record is read, and may fail a commit.
type reads struct {
	server.Record
	unfinished int
	commit     func() error
}

func (r *reads) Unfinished(ctx context.Context) ([]runner.Item, error) {
	r.unfinished++
	return r.Record.Unfinished(ctx)
}

func (r *reads) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	if r.commit != nil {
		if err := r.commit(); err != nil {
			return err
		}
	}
	return r.Record.Commit(ctx, lease, items...)
}

func TestTheSnapshotStaysWarmUntilSomebodyElseHeldTheLease(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		record := &reads{Record: w.seams.Record}
		s := w.another("first", func(seams *server.Seams) { seams.Record = record })
		for range 3 {
			w.pass(s)
		}
		if record.unfinished != 1 {
			t.Errorf("three passes in a row read the record %d times, want once", record.unfinished)
		}
		w.pass(w.server)
		w.pass(s)
		if record.unfinished != 2 {
			t.Errorf("after somebody else's pass it was read %d times, want 2", record.unfinished)
		}
	})
}

func TestAPassWhoseLeaseHasPassedOnWritesNothingMore(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(1, small)
		w.delivered(1)
		record := &reads{Record: w.seams.Record}
		commits := 0
		record.commit = func() error {
			if commits++; commits == 2 {
				// The process was held up for so long that somebody else took the lease over.
				time.Sleep(time.Minute)
				w.pass(w.server)
			}
			return nil
		}
		slow := w.another("slow", func(seams *server.Seams) { seams.Record = record })
		if _, err := slow.Pass(t.Context(), 20*time.Second); !errors.Is(err, runner.ErrFenced) {
			t.Errorf("the slow pass ended with %v, want ErrFenced", err)
		}
		w.run()
		w.settle(time.Minute)
		if got := w.cloud.Books().Launched; got != 1 {
			t.Errorf("%d instances were launched for one job", got)
		}
	})
}

func TestAFailedCommitLosesNothing(t *testing.T) {
	for failing := 1; failing <= 8; failing++ {
		t.Run(fmt.Sprintf("commit %d", failing), func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.queueJobs(2, small)
				w.delivered(2)
				record := &reads{Record: w.seams.Record}
				commits := 0
				record.commit = func() error {
					if commits++; commits == failing {
						return errors.New("the record is down")
					}
					return nil
				}
				w.runServer(w.another("unlucky", func(seams *server.Seams) { seams.Record = record }))
				w.settle(15 * time.Minute)
				if commits < failing {
					t.Fatalf("there were only %d commits", commits)
				}
			})
		})
	}
}

func TestManyJobsAreToldWhatTheyWaitForInOneCommit(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(30, small)
		w.delivered(30)
		commits := 0
		record := &reads{Record: w.seams.Record, commit: func() error { commits++; return nil }}
		s := w.another("first", func(seams *server.Seams) { seams.Record = record })
		w.pass(s)
		told := 0
		for _, job := range w.unfinished().Jobs {
			if job.Reason.Kind == runner.ReasonMaxRunners {
				told++
			}
		}
		if told != 29 || commits >= told {
			t.Errorf("%d jobs were told that they wait, in %d commits, want 29 in fewer", told, commits)
		}
		w.runServer(s)
		w.settle(time.Hour)
	}, config(func(c *server.Config) { c.MaxRunners = 1 }))
}

func TestAPoisonMessageBlocksNobody(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for _, poison := range []string{"", "{", `{"source":"aws.sqs"}`, `{"source":"aws.s3","detail":{"object":{"key":"reports/x"}}}`} {
			check(t, w.queue.Send(t.Context(), []byte(poison)))
		}
		w.queueJobs(2, small)
		w.run()
		w.settle(time.Minute)
		if got := w.queue.Waiting(); got != 3 {
			t.Errorf("%d messages wait to come again, want the 3 that make no sense", got)
		}
		time.Sleep(15 * time.Minute)
		if got := len(w.queue.DeadLetters()); got != 3 {
			t.Errorf("%d dead letters, want 3", got)
		}
		w.poisoned = true
	})
}

func TestAPassEndsWithItsBudgetAndTheNextGoesOn(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(5, small)
		w.queueJobs(5, large)
		w.delivered(10)
		// A fleet call takes a second here: the budget is over before any instance has its assignment.
		next, err := w.server.Pass(t.Context(), 500*time.Millisecond)
		check(t, err)
		if next.IsZero() || next.After(time.Now()) {
			t.Errorf("the next pass is wanted at %v, want at once: work is left", next)
		}
		if got := len(launch.Unassigned(w.unfinished())); got != 10 {
			t.Errorf("%d instances are stored as waiting for their assignment, want 10", got)
		}
		w.run()
		w.settle(2 * time.Minute)
		if got := w.cloud.Books().Launched; got != 10 {
			t.Errorf("%d instances were launched for 10 jobs", got)
		}
	})
}

func TestAnIdlePassComesAgainForTheNextSweep(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		if next := w.pass(w.server); next != time.Minute {
			t.Errorf("a pass with nothing to do wants the next in %v, want in a minute", next)
		}
	})
}

func TestAServerSaysEverythingThatItsConfigLacks(t *testing.T) {
	_, err := server.New(server.Config{}, server.Seams{})
	for _, field := range []string{"Stack", "Holder", "RoleID", "Region", "Images", "Subnets"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("the error is %v, want it to name %s", err, field)
		}
	}
}

// Outside of a bubble, for inside there is no other clock.
func TestAPassGoesByTheWallClock(t *testing.T) {
	f := newFront(t, server.Config{Sweep: rarely}, unswept(t))
	_, err := f.server.Pass(t.Context(), time.Second)
	check(t, err)
	if at := f.server.View().At; at.IsZero() || strings.Contains(at.String(), " m=") {
		t.Errorf("the pass was made at %v, want a time without what a function's sleep falsifies", at)
	}
}

func TestAMessageOfManyEventsIsAppliedAsFarAsItCanBe(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(2, small)
		w.delivered(2)
		messages, err := w.queue.Receive(t.Context(), 10, 0)
		check(t, err)
		bodies := []string{string(messages[0].Body), `{"source":"aws.sqs"}`, string(messages[1].Body)}
		check(t, w.queue.Ack(t.Context(), messages[0].Handle, messages[1].Handle))
		check(t, w.queue.Send(t.Context(), []byte("["+strings.Join(bodies, ",")+"]")))
		w.poisoned = true
		w.run()
		w.settle(5 * time.Minute)
		w.wantSucceeded(2)
		w.wantLaunched(2)
		time.Sleep(15 * time.Minute)
		if got := len(w.queue.DeadLetters()); got != 1 {
			t.Errorf("%d dead letters, want the message that has an event which makes no sense", got)
		}
	})
}
