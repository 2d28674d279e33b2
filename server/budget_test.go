package server_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// endless is a queue that always has more messages, and takes a second to deliver some.
type endless struct{ server.Queue }

func (endless) Receive(_ context.Context, most int, _ time.Duration) ([]runner.Message, error) {
	time.Sleep(time.Second)
	return slices.Repeat([]runner.Message{{Handle: "h", Body: []byte("poison")}}, most), nil
}

// flooded has a queue's messages, and others for ever.
type flooded struct{ server.Queue }

func (f flooded) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	messages, err := f.Queue.Receive(ctx, most, wait)
	if err != nil {
		return nil, err
	}
	others, err := endless(f).Receive(ctx, most-len(messages), wait)
	return append(messages, others...), err
}

func TestAQueueThatIsNeverEmptyDelaysLaunchesByAMinute(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(1, small)
		w.delivered(1)
		began, busy := time.Now(), w.another("flooded", func(seams *server.Seams) { seams.Queue = flooded{seams.Queue} })
		for w.cloud.Books().Launched == 0 && time.Since(began) < 5*time.Minute {
			w.pass(busy)
		}
		if took := time.Since(began); took < time.Minute || took > 90*time.Second {
			t.Errorf("launched after %v, want after a minute: the job may have ended", took)
		}
		w.run()
		w.settle(time.Minute)
	})
}

// A function of Lambda ends at its time limit: what a pass reads before it begins is part of its budget.
func TestAPassKeepsToItsBudgetHoweverLongItTakesToBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, server.Config{Sweep: rarely}, unswept(t), func(s *server.Seams) {
			s.Queue = endless{s.Queue}
			s.Stock = func(context.Context) (*server.Stock, error) {
				time.Sleep(15 * time.Second)
				return &server.Stock{Images: map[runner.Arch]string{runner.X64: "ami-x64"}, Subnets: []runner.Subnet{{ID: "s", Zone: "z"}}}, nil
			}
		})
		began := time.Now()
		if _, err := f.server.Pass(t.Context(), 20*time.Second); err != nil {
			t.Fatal(err)
		}
		if got, most := time.Since(began), 20*time.Second; got > most {
			t.Errorf("got a pass of %s, want %s at most", got, most)
		}
	})
}
