package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

// outside is all that a server may lack, and gets.
type outside struct {
	mu                            sync.Mutex
	apps                          []int64
	secrets, stock, record, queue error
	known                         *server.Stock
}

// set changes what there is.
func (o *outside) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func get[T any](o *outside, of *T) T {
	o.mu.Lock()
	defer o.mu.Unlock()
	return *of
}

func (o *outside) Live(context.Context) ([]secret.Text, error) {
	return []secret.Text{secret.New(webhookKey)}, get(o, &o.secrets)
}

func (o *outside) Doubt() {}

func (o *outside) Stock(context.Context) (*server.Stock, error) {
	return get(o, &o.known), get(o, &o.stock)
}

type outsideGitHub struct {
	server.GitHub
	*outside
}

func (o outsideGitHub) Apps() []int64 { return get(o.outside, &o.apps) }

type outsideRecord struct {
	server.Record
	*outside
}

func (o outsideRecord) Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error) {
	if err := get(o.outside, &o.record); err != nil {
		return runner.Lease{}, err
	}
	return o.Record.Acquire(ctx, holder, during)
}

type outsideQueue struct {
	server.Queue
	*outside
}

func (o outsideQueue) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	if err := get(o.outside, &o.queue); err != nil {
		return nil, err
	}
	return o.Queue.Receive(ctx, most, wait)
}

func (o *outside) seams(s *server.Seams) {
	s.Record, s.Queue, s.GitHub = outsideRecord{s.Record, o}, outsideQueue{s.Queue, o}, outsideGitHub{s.GitHub, o}
	s.Secrets, s.Stock = o, o.Stock
}

// sweepEvery is how often a pass is made at least.
const sweepEvery = time.Minute

func TestAServerIsUpBeforeItIsReadyAndSaysWhatItLacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outside{secrets: errDown, stock: errDown}
		f := newFront(t, server.Config{Sweep: rarely}, unswept(t), o.seams)
		ctx, stop := context.WithCancel(t.Context())
		lacks := func(when string, want ...string) {
			t.Helper()
			time.Sleep(sweepEvery + time.Second)
			synctest.Wait()
			answer := ask(t, f.handler, http.MethodGet, "/readyz", "")
			var told struct{ Lacks map[string]string }
			check(t, json.Unmarshal(answer.Body.Bytes(), &told))
			var got []string
			for part := range told.Lacks {
				got = append(got, part)
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" || (answer.Code == http.StatusOK) != (len(want) == 0) {
				t.Errorf("%s: got %d, lacks (-want +got):\n%s", when, answer.Code, diff)
			}
			if strings.Contains(answer.Body.String(), "123456789012") {
				t.Errorf("%s: strangers are told %s", when, answer.Body)
			}
			if ping := ask(t, f.handler, http.MethodGet, "/ping", ""); ping.Code != http.StatusOK {
				t.Errorf("%s: a ping gets %d, want 200", when, ping.Code)
			}
		}
		lacks("before the first pass", "pass")
		go f.server.Run(ctx)
		lacks("at first", "ec2", "github_app", "pass", "webhook_secret")
		if answer := answered(f.handler, delivery(t)); answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
			t.Errorf("a webhook without a secret gets %d, Retry-After %q, want 503 and when", answer.Code, answer.Header().Get("Retry-After"))
		}
		o.set(func() { o.secrets = nil })
		lacks("with secrets", "ec2", "github_app", "pass")
		o.set(func() { o.apps = []int64{1} })
		lacks("with an App", "ec2", "pass")
		o.set(func() {
			o.known, o.stock = &server.Stock{Images: map[runner.Arch]string{runner.X64: "ami-x64"}, Subnets: []runner.Subnet{{ID: "s", Zone: "z"}}}, nil
		})
		lacks("with a stock")
		o.set(func() { o.record = errDown })
		lacks("with the record down", "record")
		o.set(func() { o.record, o.queue = nil, errDown })
		lacks("with the queue down", "queue")
		o.set(func() { o.queue, o.stock = nil, errDown })
		lacks("with EC2 down, and the last stock", "ec2")
		o.set(func() { o.stock, o.record = nil, runner.ErrLeaseTaken })
		lacks("with another process's lease")
		stop()
		synctest.Wait()
	})
}
