package server_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

const spot = "mayfly=1/runner=2cpu-linux-x64/spot=true"

// listened counts the receives of a queue, and those that are under way.
type listened struct {
	server.Queue
	receives, under atomic.Int64
}

func (q *listened) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	q.receives.Add(1)
	q.under.Add(1)
	defer q.under.Add(-1)
	return q.Queue.Receive(ctx, most, wait)
}

func (q *listened) option() option {
	return seams(func(s *server.Seams) { q.Queue, s.Queue = s.Queue, q })
}

// Nobody wakes the server for what EventBridge brings: it listens.
func TestAnInterruptionIsHeardOfWhenItIsTold(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, spot, localhub.Step{Run: "sleep 10m"})
		time.Sleep(5*time.Minute + 17*time.Second)
		id := w.only().ID
		if !w.cloud.Interrupt(id) {
			t.Fatal("the instance was not interrupted")
		}
		told := time.Now()
		time.Sleep(time.Second)
		taken := w.unfinished().Runners[id].TakenBack
		if taken.IsZero() || taken.Sub(told) > 100*time.Millisecond {
			t.Errorf("told at %v, heard of at %v, want it at once", told, taken)
		}
		w.settle(time.Hour)
	})
}

func TestAServerListensOnlyWhileAnythingIsUnfinished(t *testing.T) {
	var q listened
	story(t, func(t *testing.T, w *world) {
		w.run()
		time.Sleep(time.Minute)
		idle := q.receives.Load()
		time.Sleep(time.Hour)
		if got := q.receives.Load() - idle; got > 61 || q.under.Load() > 0 {
			t.Errorf("%d receives in an hour in which nothing was to do, want one for each pass of a minute", got)
		}
		w.queueJobs(1, small, localhub.Step{Run: "sleep 50m"})
		time.Sleep(10 * time.Minute)
		before := q.receives.Load()
		time.Sleep(30 * time.Minute)
		// Three a minute, and a pass for the sweep listens to the one under way.
		if got := q.receives.Load() - before; got < 85 || got > 95 {
			t.Errorf("%d receives in half an hour of a long job, want 90", got)
		}
		w.settle(time.Hour)
		time.Sleep(time.Minute)
		if got := q.under.Load(); got > 0 {
			t.Errorf("%d receives are under way after all is done, want none", got)
		}
	}, q.option())
}

func TestAServerThatIsToEndListensNoMore(t *testing.T) {
	var q listened
	story(t, func(t *testing.T, w *world) {
		end := w.hosted(w.another("first"), "first:80")
		w.queueJobs(1, small, localhub.Step{Run: "sleep 5m"})
		time.Sleep(2*time.Minute + 7*time.Second)
		if q.under.Load() != 1 {
			t.Fatal("it does not listen while a job runs")
		}
		if took := end(); took > 0 || q.under.Load() > 0 {
			t.Errorf("it took %v to end, and %d receives are under way, want it to end at once", took, q.under.Load())
		}
		w.run()
		w.settle(time.Hour)
	}, q.option())
}

// stubborn is a queue whose receive is answered in spite of its end, once.
type stubborn struct {
	server.Queue
	message chan runner.Message
}

func (q stubborn) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	messages, err := q.Queue.Receive(ctx, most, wait)
	if err == nil {
		return messages, nil
	}
	select {
	case message := <-q.message:
		return []runner.Message{message}, nil
	default:
		return nil, err
	}
}

// What was received is hidden from everybody else: whoever has it applies it, though it is to end.
func TestWhatWasReceivedIsAppliedBeforeTheEnd(t *testing.T) {
	q := stubborn{message: make(chan runner.Message, 1)}
	unheard := localcloud.Faults{Delivery: func(event runner.Event) localcloud.Delivery {
		return localcloud.Delivery{Lost: event.Instance != nil && event.Instance.Action != ""}
	}}
	story(t, func(t *testing.T, w *world) {
		end := w.hosted(w.another("first"), "first:80")
		w.queueJobs(1, spot, localhub.Step{Run: "sleep 5m"})
		time.Sleep(2*time.Minute + 7*time.Second)
		id := w.only().ID
		w.cloud.Interrupt(id)
		body, err := runner.Event{ID: "e", At: time.Now(), Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: id, Action: "terminate"}}.MarshalJSON()
		check(t, err)
		q.message <- runner.Message{Handle: "h", Body: body}
		end()
		if w.unfinished().Runners[id].TakenBack.IsZero() {
			t.Error("what it had received was lost on its end")
		}
		w.run()
		w.settle(time.Hour)
	}, cloudFaults(unheard), seams(func(s *server.Seams) { q.Queue, s.Queue = s.Queue, &q }))
}

// down is a queue that cannot be read for a while.
type down struct {
	server.Queue
	until time.Time
}

func (q *down) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	if time.Now().Before(q.until) {
		return nil, errDown
	}
	return q.Queue.Receive(ctx, most, wait)
}

func TestAQueueThatCannotBeReadIsReadAgainSoon(t *testing.T) {
	var q down
	story(t, func(t *testing.T, w *world) {
		q.until = time.Now().Add(time.Minute)
		w.run()
		w.queueJobs(1, small)
		w.settle(time.Hour)
		if waited := w.only().LaunchedAt.Sub(q.until); waited > 3*time.Second {
			t.Errorf("the job's instance was launched %v after the queue was back, want within 3 s", waited)
		}
	}, seams(func(s *server.Seams) { q.Queue, s.Queue = s.Queue, &q }))
}

// Jobs that come one by one are launched by the half-second, and not each by a receive of its own.
func TestWhatComesOneByOneIsHeardOfTogether(t *testing.T) {
	var q listened
	story(t, func(t *testing.T, w *world) {
		w.run()
		synctest.Wait()
		time.Sleep(time.Minute)
		before := q.receives.Load()
		for range 40 {
			w.queueJobs(1, small)
			time.Sleep(50 * time.Millisecond)
		}
		if got := q.receives.Load() - before; got > 7 {
			t.Errorf("40 jobs within two seconds took %d receives, want 7 at most", got)
		}
		w.settle(5 * time.Minute)
		if first := w.cloud.Instances()[0].LaunchedAt.Sub(w.hub.Books().Jobs[0].Created); first > 2*time.Second {
			t.Errorf("the first was launched after %v, want at once", first)
		}
	}, q.option())
}
