package function_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/server/queue"
)

// delayed is a queue in memory that also keeps messages back.
type delayed struct {
	*queue.Memory
	delays []time.Duration
	broken error // of SendLater
}

func (d *delayed) SendLater(ctx context.Context, body []byte, delay time.Duration) error {
	if d.broken != nil {
		return d.broken
	}
	d.delays = append(d.delays, delay)
	time.AfterFunc(delay, func() { _ = d.Send(context.WithoutCancel(ctx), body) })
	return nil
}

// stub is a worker whose server follows a script: a pass each, of which the last is repeated.
type stub struct {
	*function.Worker
	queue   *delayed
	script  []func(context.Context) (time.Time, error)
	began   []time.Duration // since the stub was made, each pass
	budgets []time.Duration
	applied []string
	log     strings.Builder
}

func newStub(script ...func(*stub) func(context.Context) (time.Time, error)) *stub {
	s := &stub{queue: &delayed{Memory: queue.NewMemory(90 * time.Second)}}
	for _, step := range script {
		s.script = append(s.script, step(s))
	}
	made := time.Now()
	s.Worker = &function.Worker{
		Inbox: function.NewInbox(s.queue), Log: slog.New(slog.NewTextHandler(&s.log, nil)),
		Pass: func(ctx context.Context, budget time.Duration) (time.Time, error) {
			step := s.script[min(len(s.began), len(s.script)-1)]
			s.began, s.budgets = append(s.began, time.Since(made)), append(s.budgets, budget)
			return step(ctx)
		},
	}
	return s
}

// pass applies all messages but those that begin with "poison", and wants the next after a while.
func pass(next time.Duration) func(*stub) func(context.Context) (time.Time, error) {
	return func(s *stub) func(context.Context) (time.Time, error) {
		return func(ctx context.Context) (time.Time, error) {
			for {
				messages, err := s.Inbox.Receive(ctx, 10, 0)
				if err != nil || len(messages) == 0 {
					return later(next), err
				}
				for _, message := range messages {
					if body := string(message.Body); !strings.HasPrefix(body, "poison") {
						s.applied = append(s.applied, body)
						if err := s.Inbox.Ack(ctx, message.Handle); err != nil {
							return time.Time{}, err
						}
					}
				}
			}
		}
	}
}

// taken is a pass that does not get the lease.
func taken(until time.Duration) func(*stub) func(context.Context) (time.Time, error) {
	return func(*stub) func(context.Context) (time.Time, error) {
		return func(context.Context) (time.Time, error) { return later(until), nil }
	}
}

// failing is a pass that received all and stored nothing.
func failing(s *stub) func(context.Context) (time.Time, error) {
	return func(ctx context.Context) (time.Time, error) {
		for {
			if messages, _ := s.Inbox.Receive(ctx, 10, 0); len(messages) == 0 {
				return time.Time{}, errors.New("the record is down")
			}
		}
	}
}

func later(after time.Duration) time.Time {
	if after == never {
		return time.Time{}
	}
	return time.Now().Add(after)
}

const never = time.Duration(-1)

// brought is what Lambda brings of the queue.
func brought(bodies ...string) (event events.SQSEvent) {
	for n, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: fmt.Sprintf("m%d", n), ReceiptHandle: fmt.Sprintf("brought-%d", n), Body: body, EventSource: "aws:sqs",
		})
	}
	return event
}

func (s *stub) work(t *testing.T, bodies ...string) (left []string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), function.Timeout)
	defer cancel()
	answer, err := s.Work(ctx, brought(bodies...))
	for _, failure := range answer.BatchItemFailures {
		left = append(left, failure.ItemIdentifier)
	}
	return left, err
}

const wakeUp = `{"source":"mayfly.wake-up"}`

func TestAPassTakesWhatTheQueueBroughtAndWhatElseIsInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(never))
		for n := range 25 {
			if err := s.queue.Send(t.Context(), []byte(fmt.Sprintf("q%d", n))); err != nil {
				t.Fatal(err)
			}
		}
		left, err := s.work(t, "a", wakeUp, "poison", "b")
		if err != nil || !slices.Equal(left, []string{"m2"}) {
			t.Errorf("got %v left, %v, want the poison alone", left, err)
		}
		if len(s.began) != 1 || len(s.applied) != 27 || s.applied[0] != "a" || s.queue.Waiting() != 0 {
			t.Errorf("got %d passes, applied %v, %d in the queue, want all 27 in one", len(s.began), s.applied, s.queue.Waiting())
		}
		if len(s.queue.delays) != 0 {
			t.Errorf("got wake-ups %v, want none: nothing is due", s.queue.delays)
		}
	})
}

func TestWakeUpsInTheQueueAreRemovedAndNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(never))
		for range 12 {
			_ = s.queue.Send(t.Context(), []byte(wakeUp))
		}
		_ = s.queue.Send(t.Context(), []byte("after them"))
		if _, err := s.work(t, wakeUp); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"after them"}, s.applied); diff != "" || s.queue.Waiting() != 0 {
			t.Errorf("%d in the queue; applied, want - got +:\n%s", s.queue.Waiting(), diff)
		}
	})
}

func TestMessagesWaitForTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(taken(20*time.Second), taken(19500*time.Millisecond), pass(never))
		left, err := s.work(t, "a")
		if err != nil || left != nil || !slices.Equal(s.applied, []string{"a"}) {
			t.Errorf("got %v left, %v, applied %v, want a applied", left, err, s.applied)
		}
		if diff := cmp.Diff([]time.Duration{0, 500 * time.Millisecond, time.Second}, s.began); diff != "" {
			t.Errorf("passes, want - got +:\n%s", diff)
		}
	})
}

func TestMessagesComeAgainIfTheLeaseIsTakenForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(taken(time.Minute))
		began := time.Now()
		left, err := s.work(t, "a", "b")
		if err != nil || !slices.Equal(left, []string{"m0", "m1"}) {
			t.Errorf("got %v left, %v, want both", left, err)
		}
		if got, want := time.Since(began), 30*time.Second; got != want || !strings.Contains(s.log.String(), "level=WARN") {
			t.Errorf("got an answer after %s and the log %q, want %s and a warning", got, &s.log, want)
		}
	})
}

func TestATickDoesNotWaitForTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(taken(20 * time.Second))
		if err := s.Tick(t.Context()); err != nil || len(s.began) != 1 {
			t.Errorf("got %v after %d passes, want none after 1", err, len(s.began))
		}
	})
}

func TestAFailedPassIsMadeAgainWithWhatItReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(failing, pass(never))
		left, err := s.work(t, "a", "b")
		if err != nil || left != nil || !slices.Equal(s.applied, []string{"a", "b"}) {
			t.Errorf("got %v left, %v, applied %v, want both applied", left, err, s.applied)
		}
		if diff := cmp.Diff([]time.Duration{0, time.Second}, s.began); diff != "" {
			t.Errorf("passes, want - got +:\n%s", diff)
		}
	})
}

func TestAnInvocationWhosePassesAllFailFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(failing)
		began := time.Now()
		left, err := s.work(t, "a")
		if err == nil || !slices.Equal(left, []string{"m0"}) {
			t.Errorf("got %v left, %v, want an error, and a", left, err)
		}
		if took := time.Since(began); took > function.Timeout-16*time.Second {
			t.Errorf("it ended after %s, want time left for a last effect", took)
		}
		seconds := []time.Duration{0, 1, 3, 7, 15, 31}
		for n := range seconds {
			seconds[n] *= time.Second
		}
		if diff := cmp.Diff(seconds, s.began); diff != "" {
			t.Errorf("passes, want - got +:\n%s", diff)
		}
	})
}

func TestAPassHasTheTimeThatTheInvocationLeavesIt(t *testing.T) {
	for remains, want := range map[time.Duration]time.Duration{
		function.Timeout: 20 * time.Second, 36 * time.Second: 20 * time.Second, 30 * time.Second: 14 * time.Second, 17 * time.Second: time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(pass(never))
			ctx, cancel := context.WithTimeout(t.Context(), remains)
			defer cancel()
			if err := s.Tick(ctx); err != nil || len(s.budgets) != 1 || s.budgets[0] != want {
				t.Errorf("of %s: got %v, budgets %v, want %s", remains, err, s.budgets, want)
			}
		})
	}
}

func TestAnInvocationThatIsTooShortForAPassSaysWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(never))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := s.Tick(ctx)
		if err == nil || !strings.Contains(err.Error(), "timeout of "+function.Timeout.String()) || len(s.began) != 0 {
			t.Errorf("got %v after %d passes, want an error that names the timeout, before any", err, len(s.began))
		}
	})
}

func TestWhatIsDueSoonIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(300*time.Millisecond), pass(-time.Second), pass(never))
		if _, err := s.work(t, "a"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]time.Duration{0, 300 * time.Millisecond, 300 * time.Millisecond}, s.began); diff != "" {
			t.Errorf("passes, want - got +:\n%s", diff)
		}
	})
}

func TestPassesThatWantMoreAndMoreEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(time.Second))
		began := time.Now()
		if _, err := s.work(t, "a"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > function.Timeout-16*time.Second || took < 45*time.Second {
			t.Errorf("it ended after %s, want most of %s", took, function.Timeout)
		}
		if diff := cmp.Diff([]time.Duration{time.Second}, s.queue.delays); diff != "" {
			t.Errorf("wake-ups, want - got +:\n%s", diff)
		}
	})
}

func TestANextPassIsAWakeUp(t *testing.T) {
	for next, want := range map[time.Duration][]time.Duration{
		never: nil, 1500 * time.Millisecond: {2 * time.Second}, 5 * time.Second: {5 * time.Second}, time.Minute: {time.Minute},
		61 * time.Second: nil, // the schedule comes before
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(pass(next), pass(never))
			if err := s.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, s.queue.delays); diff != "" {
				t.Errorf("next after %s: wake-ups, want - got +:\n%s", next, diff)
			}
			time.Sleep(2 * time.Minute) // until what is delayed has come
		})
	}
}

func TestWakeUpsDoNotMultiply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(30*time.Second), pass(29*time.Second), pass(10*time.Second), pass(40*time.Second))
		for range 20 {
			if err := s.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]time.Duration{30 * time.Second, 29 * time.Second, 10 * time.Second}, s.queue.delays); diff != "" {
			t.Errorf("wake-ups, want - got +:\n%s", diff)
		}
		time.Sleep(11 * time.Second)
		if err := s.Tick(t.Context()); err != nil || len(s.queue.delays) != 4 {
			t.Errorf("after the first has come: got %v and %d wake-ups, want a fourth", err, len(s.queue.delays))
		}
		time.Sleep(time.Minute)
	})
}

func TestAWakeUpThatCannotBeSentIsSentTheNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(pass(30 * time.Second))
		s.queue.broken = errors.New("SQS is down")
		if left, err := s.work(t, "a"); err != nil || left != nil || !strings.Contains(s.log.String(), "SQS is down") {
			t.Errorf("got %v left, %v, log %q, want a warning alone", left, err, &s.log)
		}
		s.queue.broken = nil
		if err := s.Tick(t.Context()); err != nil || len(s.queue.delays) != 1 {
			t.Errorf("got %v and wake-ups %v, want one", err, s.queue.delays)
		}
		time.Sleep(time.Minute)
	})
}
