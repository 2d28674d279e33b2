package server_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

// errCrashed is what a process that is dead answers, for ever.
var errCrashed = errors.New("crashed")

// fence is around everything that a server touches. At one chosen effect, before or after it is
// done, the process dies: from then on nothing that it does has any effect.
type fence struct {
	at    int // which effect, from 1; 0 is never
	after bool
	name  string // of the effects that are counted; empty counts all

	stallAt int // which effect it is that the process stalls before, from 1; 0 is never
	stall   time.Duration

	mu      sync.Mutex
	effects []string
	dead    chan struct{}
}

func newFence(at int, after bool) *fence {
	return &fence{at: at, after: after, dead: make(chan struct{})}
}

func (f *fence) crashed() bool {
	select {
	case <-f.dead:
		return true
	default:
		return false
	}
}

// do does an effect, unless the process is dead or dies of it.
func (f *fence) do(name string, effect func() error) error {
	f.mu.Lock()
	if f.crashed() {
		f.mu.Unlock()
		return errCrashed
	}
	counted := f.name == "" || f.name == name
	if counted {
		f.effects = append(f.effects, name)
	}
	dies, stalls := counted && len(f.effects) == f.at, counted && len(f.effects) == f.stallAt
	if dies && !f.after {
		close(f.dead)
	}
	f.mu.Unlock()
	if dies && !f.after {
		return errCrashed
	}
	if stalls {
		time.Sleep(f.stall)
	}
	err := effect()
	if dies {
		close(f.dead)
		return errCrashed
	}
	return err
}

// around puts the fence around the seams.
func (f *fence) around(seams server.Seams) server.Seams {
	return server.Seams{
		Queue: fencedQueue{f, seams.Queue}, Record: fencedRecord{f, seams.Record}, Fleet: fencedFleet{f, seams.Fleet},
		GitHub: fencedGitHub{f, seams.GitHub}, Objects: fencedObjects{f, seams.Objects},
	}
}

type fencedQueue struct {
	*fence
	queue server.Queue
}

func (q fencedQueue) Send(ctx context.Context, body []byte) error {
	return q.do("queue send", func() error { return q.queue.Send(ctx, body) })
}

func (q fencedQueue) Receive(ctx context.Context, most int, wait time.Duration) (messages []runner.Message, err error) {
	err = q.do("queue receive", func() (err error) { messages, err = q.queue.Receive(ctx, most, wait); return err })
	return messages, err
}

func (q fencedQueue) Ack(ctx context.Context, handles ...string) error {
	return q.do("queue ack", func() error { return q.queue.Ack(ctx, handles...) })
}

type fencedRecord struct {
	*fence
	record server.Record
}

func (r fencedRecord) Acquire(ctx context.Context, holder string, during time.Duration) (lease runner.Lease, err error) {
	err = r.do("record acquire", func() (err error) { lease, err = r.record.Acquire(ctx, holder, during); return err })
	return lease, err
}

func (r fencedRecord) Release(ctx context.Context, lease runner.Lease) error {
	return r.do("record release", func() error { return r.record.Release(ctx, lease) })
}

func (r fencedRecord) Unfinished(ctx context.Context) (items []runner.Item, err error) {
	err = r.do("record unfinished", func() (err error) { items, err = r.record.Unfinished(ctx); return err })
	return items, err
}

func (r fencedRecord) Get(ctx context.Context, keys ...string) (items []runner.Item, err error) {
	err = r.do("record get", func() (err error) { items, err = r.record.Get(ctx, keys...); return err })
	return items, err
}

func (r fencedRecord) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	return r.do("record commit", func() error { return r.record.Commit(ctx, lease, items...) })
}

type fencedFleet struct {
	*fence
	fleet server.Fleet
}

func (f fencedFleet) Launch(ctx context.Context, request runner.LaunchRequest) (result runner.LaunchResult, err error) {
	err = f.do("launch", func() (err error) { result, err = f.fleet.Launch(ctx, request); return err })
	if errors.Is(err, errCrashed) {
		return runner.LaunchResult{}, err
	}
	return result, err
}

func (f fencedFleet) Terminate(ctx context.Context, instances []string) error {
	return f.do("terminate", func() error { return f.fleet.Terminate(ctx, instances) })
}

func (f fencedFleet) Describe(ctx context.Context, query runner.Query) (seen []runner.Seen, err error) {
	err = f.do("describe", func() (err error) { seen, err = f.fleet.Describe(ctx, query); return err })
	return seen, err
}

// fencedGitHub is around what changes GitHub; what only reads it goes on as it is.
type fencedGitHub struct {
	*fence
	server.GitHub
}

func (g fencedGitHub) Apps() []int64 { return g.GitHub.Apps() }

func (g fencedGitHub) JITConfig(ctx context.Context, app int64, class runner.Class, name string) (id int64, config secret.Text, err error) {
	err = g.do("jit config", func() (err error) { id, config, err = g.GitHub.JITConfig(ctx, app, class, name); return err })
	return id, config, err
}

func (g fencedGitHub) Remove(ctx context.Context, app int64, scope runner.Scope, id int64) error {
	return g.do("remove runner", func() error { return g.GitHub.Remove(ctx, app, scope, id) })
}

func (g fencedGitHub) Cancel(ctx context.Context, app int64, scope runner.Scope, run int64) error {
	return g.do("cancel run", func() error { return g.GitHub.Cancel(ctx, app, scope, run) })
}

func (g fencedGitHub) RerunJob(ctx context.Context, app int64, scope runner.Scope, job int64) error {
	return g.do("rerun job", func() error { return g.GitHub.RerunJob(ctx, app, scope, job) })
}

func (g fencedGitHub) RerunFailed(ctx context.Context, app int64, scope runner.Scope, run int64) error {
	return g.do("rerun failed jobs", func() error { return g.GitHub.RerunFailed(ctx, app, scope, run) })
}

type fencedObjects struct {
	*fence
	objects server.Objects
}

func (o fencedObjects) Put(ctx context.Context, key string, body []byte) error {
	return o.do("object put", func() error { return o.objects.Put(ctx, key, body) })
}

func (o fencedObjects) Get(ctx context.Context, key string) (body []byte, err error) {
	err = o.do("object get", func() (err error) { body, err = o.objects.Get(ctx, key); return err })
	return body, err
}

// runUntilDead runs a server that dies at its fence, or does all there is to do.
func (w *world) runUntilDead(f *fence) {
	w.t.Helper()
	doomed := w.another("doomed", func(seams *server.Seams) { *seams = f.around(*seams) })
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); doomed.Run(ctx) }()
	select {
	case <-f.dead:
	case <-w.settled():
	}
	cancel()
	<-done
}

func TestACrashBeforeOrAfterAnyEffectLosesNothing(t *testing.T) {
	for _, jobs := range []int{1, 2} {
		for at := 1; ; at++ {
			died := false
			for _, after := range []bool{false, true} {
				when := map[bool]string{false: "before", true: "after"}[after]
				t.Run(fmt.Sprintf("%d jobs, %s effect %d", jobs, when, at), func(t *testing.T) {
					story(t, func(t *testing.T, w *world) {
						w.queueJobs(jobs, small)
						w.delivered(jobs)
						f := newFence(at, after)
						w.runUntilDead(f)
						died = died || f.crashed()
						w.run()
						// What the dead process had received comes again after a minute. What was launched
						// because of that gap finds no job, and ends by itself after ten.
						w.settle(15 * time.Minute)
						if got := w.hub.Books().Concluded(localhub.Success); got != jobs {
							t.Errorf("%d of %d jobs succeeded; the effects: %q", got, jobs, f.effects)
						}
					})
				})
			}
			if !died {
				break
			}
		}
	}
}
