//go:build storm

package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/sqs/sqstest"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// tally counts calls by service and kind, as "SQS SendMessageBatch".
type tally struct {
	mu    sync.Mutex
	calls map[string]int
}

func (c *tally) add(kind string, calls int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[kind] += calls
}

// of is how many calls a service had, for each job.
func (c *tally) of(service string) (calls float64) {
	for kind, count := range c.calls {
		if strings.HasPrefix(kind, service) {
			calls += float64(count) / burstJobs
		}
	}
	return calls
}

// table shows all, for each job.
func (c *tally) table() string {
	var lines strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(c.calls)) {
		fmt.Fprintf(&lines, "\n%8.3f  %s", float64(c.calls[kind])/burstJobs, kind)
	}
	return lines.String()
}

// countedRecord counts what DynamoDB is called for each call of the record, a page for each shard.
type countedRecord struct {
	server.Record
	*tally
}

func (r countedRecord) Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error) {
	r.add("DynamoDB UpdateItem", 1)
	return r.Record.Acquire(ctx, holder, during)
}

func (r countedRecord) Release(ctx context.Context, lease runner.Lease) error {
	r.add("DynamoDB UpdateItem", 1)
	return r.Record.Release(ctx, lease)
}

func (r countedRecord) Unfinished(ctx context.Context) ([]runner.Item, error) {
	r.add("DynamoDB Query", 16)
	return r.Record.Unfinished(ctx)
}

func (r countedRecord) Get(ctx context.Context, keys ...string) ([]runner.Item, error) {
	r.add("DynamoDB BatchGetItem", 1)
	return r.Record.Get(ctx, keys...)
}

func (r countedRecord) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	r.add("DynamoDB TransactWriteItems", 1)
	return r.Record.Commit(ctx, lease, items...)
}

// countedObjects counts the server's calls to S3.
type countedObjects struct {
	server.Objects
	*tally
}

func (o countedObjects) Get(ctx context.Context, key string) ([]byte, error) {
	o.add("S3 GetObject", 1)
	return o.Objects.Get(ctx, key)
}

func (o countedObjects) Put(ctx context.Context, key string, body []byte) error {
	o.add("S3 PutObject", 1)
	return o.Objects.Put(ctx, key, body)
}

// relay takes the hub's webhooks, which come one after the other, and passes them on as GitHub does, each by
// itself.
func (w *world) relay(t *testing.T) {
	var onTheWay sync.WaitGroup
	lines := make(chan struct{}, webhook.DefaultMaxInFlight)
	w.serve("relay:80", http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		check(t, err)
		passed := r.Clone(context.WithoutCancel(r.Context()))
		passed.Body = io.NopCloser(bytes.NewReader(body))
		lines <- struct{}{}
		onTheWay.Go(func() {
			defer func() { <-lines }()
			got := answered(w.server.Handler(), passed)
			if got.Code != http.StatusAccepted {
				t.Errorf("a webhook got %d, want 202", got.Code)
			}
		})
		answer.WriteHeader(http.StatusAccepted)
	}))
	w.closers = append(w.closers, onTheWay.Wait)
}

// points are what GitHub takes for a call: a reading one, or one that writes.
func points(route string) int {
	if strings.HasPrefix(route, "GET ") {
		return 1
	}
	return 5
}

// limits are what a job may cost, in calls, and in GitHub's points.
type limits struct{ fleet, sends, sqs, points float64 }

// A job is heard of by its three webhooks, of which many come in one message, the three reports of its
// instance's agent, and EC2's word of the end. SQS gives and removes ten messages in a call, so these four
// cost 0.8.
func TestABurstTakesFewCalls(t *testing.T) {
	for what, test := range map[string]struct {
		every time.Duration
		most  limits
	}{
		"all at once": {0, limits{fleet: 0.06, sends: 0.4, sqs: 1.5, points: 6}},
		// At 3.3 jobs a second nobody comes within the 50 ms that a queued job's webhook waits, or the
		// second between two fleet calls.
		"within five minutes": {300 * time.Millisecond, limits{fleet: 0.4, sends: 1.1, sqs: 2.5, points: 6}},
	} {
		t.Run(what, func(t *testing.T) {
			counted := &tally{calls: map[string]int{}}
			took := costs(t, counted, test.every)
			t.Logf("%s: for each job%s", what, counted.table())
			for name, limit := range map[string]float64{"EC2 CreateFleet": test.most.fleet, "SQS SendMessage": test.most.sends, "SQS": test.most.sqs, "GitHub": test.most.points} {
				got := counted.of(name)
				t.Logf("%8.3f  %s", got, name)
				if got > limit {
					t.Errorf("%s: got %.3f for each job, want at most %v", name, got, limit)
				}
			}
			if got, most := counted.calls["EC2 DescribeInstances"], int(took/time.Minute)+2; got > most {
				t.Errorf("EC2 was asked %d times how its instances are in %v, want it once a minute for the sweep", got, took)
			}
		})
	}
}

// costs counts what a thousand jobs cost that come one each so long, and how long they take in all.
func costs(t *testing.T, counted *tally, every time.Duration) (took time.Duration) {
	wire := sqstest.New()
	story(t, func(t *testing.T, w *world) {
		w.record.passed = func() {} // a thousand jobs are too many to look at after every pass
		w.relay(t)
		w.run()
		began := time.Now()
		for range burstJobs {
			w.queueJobs(1, small)
			time.Sleep(every)
		}
		w.settle(time.Hour)
		took = time.Since(began)
		hub := w.hub.Books()
		if got := hub.Concluded(localhub.Success); got != burstJobs {
			t.Errorf("%d jobs succeeded, want %d", got, burstJobs)
		}
		for operation, calls := range wire.Calls() {
			counted.add("SQS "+operation, calls)
		}
		for operation, calls := range w.cloud.Books().Calls {
			counted.add("EC2 "+operation, calls)
		}
		for route, calls := range hub.Calls {
			counted.add("GitHub "+route, calls*points(route))
		}
	}, option{
		hub:    func(c *localhub.Config) { c.Apps, c.WebhookURL = 12, "http://relay:80/webhooks/github" },
		server: func(c *server.Config) { c.MaxRunners, c.Gather = 2*burstJobs, true },
		seams: func(s *server.Seams) {
			wire.Memory = s.Queue.(*queue.Memory)
			s.Queue = wire.Queue()
			s.Record, s.Objects = countedRecord{s.Record, counted}, countedObjects{s.Objects, counted}
		},
	})
	return took
}
