package server_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

// window is when something is down, since the world began.
type window struct {
	began       time.Time
	from, until time.Duration
}

func (d window) err() error {
	if since := time.Since(d.began); since >= d.from && since < d.until {
		return errDown
	}
	return nil
}

// downRecord is a record that DynamoDB throttles, beyond what its client repeats.
type downRecord struct {
	server.Record
	window
}

func (r downRecord) Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error) {
	if err := r.err(); err != nil {
		return runner.Lease{}, err
	}
	return r.Record.Acquire(ctx, holder, during)
}

func (r downRecord) Unfinished(ctx context.Context) ([]runner.Item, error) {
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.Record.Unfinished(ctx)
}

func (r downRecord) Get(ctx context.Context, keys ...string) ([]runner.Item, error) {
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.Record.Get(ctx, keys...)
}

func (r downRecord) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	if err := r.err(); err != nil {
		return err
	}
	return r.Record.Commit(ctx, lease, items...)
}

// The record is down for four minutes, from several moments of a job's life on. Webhooks are taken meanwhile, for
// the queue has them; nothing is launched twice. Done five minutes after it is back: what booted in vain is given up.
func TestWhileTheRecordIsDownWebhooksAreTakenAndNothingIsDoneTwice(t *testing.T) {
	for _, from := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 5 * time.Second, 20 * time.Second} {
		t.Run(fmt.Sprint("after ", from), func(t *testing.T) {
			down := seams(func(s *server.Seams) {
				s.Record = downRecord{s.Record, window{time.Now(), from, from + 4*time.Minute}}
			})
			story(t, func(t *testing.T, w *world) {
				w.run()
				w.queueJobs(3, small)
				time.Sleep(from + time.Minute)
				before := w.hub.Books().Deliveries.OK
				w.queueJobs(2, small)
				time.Sleep(10 * time.Second)
				if after := w.hub.Books().Deliveries.OK; after < before+2 {
					t.Errorf("%d webhooks were taken while the record was down, want 2 at least", after-before)
				}
				w.settle(from + 10*time.Minute)
				w.wantSucceeded(5)
				w.wantLaunched(5)
			}, down, patient(5*time.Minute))
		})
	}
}

// downQueue is a queue that takes nothing and gives nothing.
type downQueue struct {
	server.Queue
	window
}

func (q downQueue) Send(ctx context.Context, body []byte) error {
	if err := q.err(); err != nil {
		return err
	}
	return q.Queue.Send(ctx, body)
}

func (q downQueue) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	if err := q.err(); err != nil {
		return nil, err
	}
	return q.Queue.Receive(ctx, most, wait)
}

func (q downQueue) Ack(ctx context.Context, handles ...string) error {
	if err := q.err(); err != nil {
		return err
	}
	return q.Queue.Ack(ctx, handles...)
}

// What the queue does not take GitHub is told, and asked for again; or the jobs are read. Within six minutes of its end.
func TestWhileTheQueueIsDownWebhooksAreNotTakenAndTheirJobsFound(t *testing.T) {
	down := seams(func(s *server.Seams) {
		s.Queue = downQueue{s.Queue, window{time.Now(), 5 * time.Second, 5 * time.Minute}}
	})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(2, small)
		time.Sleep(10 * time.Second)
		w.queueJobs(3, small)
		time.Sleep(time.Minute)
		if failed := w.hub.Books().Deliveries.Failed; failed < 3 {
			t.Errorf("%d webhooks were refused while the queue was down, want 3 at least", failed)
		}
		w.settle(10 * time.Minute)
		w.wantSucceeded(5)
		w.wantLaunched(5)
	}, down, patient(5*time.Minute))
}

// stuttering is a queue that has every message twice, and once more after a while, when it was acknowledged long ago.
type stuttering struct{ server.Queue }

const echo = 40 * time.Second

func (q stuttering) Send(ctx context.Context, body []byte) error {
	for range 2 {
		if err := q.Queue.Send(ctx, body); err != nil {
			return err
		}
	}
	time.AfterFunc(echo, func() { _ = q.Queue.Send(context.WithoutCancel(ctx), body) })
	return nil
}

func TestWhatTheQueueDeliversTwiceAndLateChangesNothing(t *testing.T) {
	stutters := seams(func(s *server.Seams) { s.Queue = stuttering{s.Queue} })
	twice := cloudFaults(localcloud.Faults{Delivery: func(runner.Event) localcloud.Delivery {
		return localcloud.Delivery{Duplicated: true, Delay: echo}
	}})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(4, small)
		w.queueJobs(2, large)
		w.settle(5 * time.Minute)
		time.Sleep(2 * echo)
		w.settle(time.Minute)
		w.wantSucceeded(6)
		w.wantLaunched(6)
	}, stutters, twice)
}

// hidden are webhook secrets that cannot be read for a while.
type hidden struct {
	window
	secret secret.Text
}

func (h hidden) Live(context.Context) ([]secret.Text, error) {
	if err := h.err(); err != nil {
		return nil, err
	}
	return []secret.Text{h.secret}, nil
}

func (hidden) Doubt() {}

// Secrets Manager is down as the server starts, for five minutes: webhooks are refused, so that GitHub keeps them.
func TestAServerThatCannotReadItsSecretsAtTheStartFindsItsJobsLater(t *testing.T) {
	var signedWith secret.Text
	given := config(func(c *server.Config) { signedWith, c.WebhookSecrets = c.WebhookSecrets[0], nil })
	down := seams(func(s *server.Seams) {
		hidden := hidden{window{time.Now(), 0, 5 * time.Minute}, signedWith}
		s.Secrets, s.GitHub = hidden, hiddenApps{s.GitHub, hidden.window}
	})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		time.Sleep(time.Minute)
		if deliveries := w.hub.Books().Deliveries; deliveries.OK != 0 || deliveries.Failed < 3 {
			t.Errorf("got %+v, want 3 webhooks refused that could not be verified, and none taken", deliveries)
		}
		w.settle(7 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, given, down)
}

// hiddenApps is a GitHub whose Apps' keys cannot be read for a while.
type hiddenApps struct {
	server.GitHub
	window
}

func (g hiddenApps) Apps() []int64 {
	if g.err() != nil {
		return nil
	}
	return g.GitHub.Apps()
}
