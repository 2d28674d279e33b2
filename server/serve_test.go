package server_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

// hosted serves a second server at an address, until it is told to end; then it tells how long that took.
func (w *world) hosted(s *server.Server, address string) (end func() time.Duration) {
	w.t.Helper()
	listener, err := w.network.Listen(address)
	check(w.t, err)
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	return func() time.Duration {
		w.t.Helper()
		told := time.Now()
		stop()
		check(w.t, <-ended)
		return time.Since(told)
	}
}

// free says whether nobody holds the lease.
func (w *world) free() bool {
	w.t.Helper()
	lease, err := w.record.Acquire(w.t.Context(), "who looks", time.Second)
	if err == nil {
		check(w.t, w.record.Release(w.t.Context(), lease))
	}
	return err == nil
}

func TestAServerThatIsToEndAnswersWhatIsInFlightAndGivesTheLeaseBack(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(3, small)
		w.delivered(3)
		end := w.hosted(w.another("first"), "first:80")
		ticked := make(chan int, 1)
		go func() {
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://first:80/internal/tick", http.NoBody)
			request.Header.Set("Authorization", "Bearer "+tickKey)
			answer, err := w.wire.RoundTrip(request)
			if err != nil {
				ticked <- 0
				return
			}
			_ = answer.Body.Close()
			ticked <- answer.StatusCode
		}()
		time.Sleep(500 * time.Millisecond) // a fleet call is under way, which takes a second
		if took := end(); took > 5*time.Second {
			t.Errorf("it took %v to end, want no longer than the call under way", took)
		}
		if status := <-ticked; status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Errorf("the tick in flight got %d, want an answer", status)
		}
		if !w.free() {
			t.Error("the lease is still taken")
		}
		if s := w.unfinished(); len(s.Runners) != 3 {
			t.Errorf("the record knows of %d runners, want the 3 of the call that was under way", len(s.Runners))
		}
		if _, err := w.network.Dial(t.Context(), "", "first:80"); err == nil {
			t.Error("it listens still")
		}
		w.run()
		w.settle(time.Minute)
		w.wantLaunched(3)
	}, ticking)
}

func TestAServerThatIsToEndDoesSoWithinTwentySecondsWhateverHangs(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		hang := w.another("first", func(s *server.Seams) { s.Fleet = hanging{s.Fleet} })
		end := w.hosted(hang, "first:80")
		w.queueJobs(1, small)
		w.delivered(1)
		time.Sleep(100 * time.Millisecond)
		if took := end(); took > 20*time.Second {
			t.Errorf("it took %v to end, want 20 s at most", took)
		}
		if !w.free() {
			t.Error("the lease is still taken")
		}
		w.run()
		w.settle(5 * time.Minute)
		w.wantLaunched(1)
	})
}

// Seventy instances are three batches of JIT configs: the second is not begun.
func TestAServerThatIsToEndBeginsNothingMoreInTheMiddleOfAStage(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		slow := w.another("first", func(s *server.Seams) { s.GitHub = slowToRegister{s.GitHub} })
		w.queueJobs(70, small)
		w.delivered(70)
		end := w.hosted(slow, "first:80")
		time.Sleep(3 * time.Second) // the fleet call takes one
		if took := end(); took > 5*time.Second {
			t.Errorf("it took %v to end, want no longer than the batch under way", took)
		}
		named := 0
		for _, r := range w.unfinished().Runners {
			if r.Name != "" {
				named++
			}
		}
		if named == 0 || named >= 70 {
			t.Errorf("%d of 70 runners have their JIT config, want those of the batch that was under way", named)
		}
		w.run()
		w.settle(5 * time.Minute)
		w.wantSucceeded(70)
	})
}

// slowToRegister is a GitHub that takes its time over every JIT config.
type slowToRegister struct{ server.GitHub }

func (g slowToRegister) JITConfig(ctx context.Context, app int64, class runner.Class, name string) (int64, secret.Text, error) {
	time.Sleep(4 * time.Second)
	return g.GitHub.JITConfig(ctx, app, class, name)
}

// hanging is an EC2 that never answers a launch.
type hanging struct{ server.Fleet }

func (hanging) Launch(ctx context.Context, _ runner.LaunchRequest) (runner.LaunchResult, error) {
	<-ctx.Done()
	return runner.LaunchResult{}, ctx.Err()
}

func TestTwoReplicasShareTheWorkAndNoPassOfThemIsAnError(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		first, second := w.another("first"), w.another("second")
		endFirst, endSecond := w.hosted(first, "first:80"), w.hosted(second, "second:80")
		front := balancer{backends: []http.Handler{first.Handler(), second.Handler()}}
		w.serve("balancer:80", &front)
		for range 10 {
			w.queueJobs(2, small)
			time.Sleep(700 * time.Millisecond)
		}
		w.delivered(20)
		w.settle(5 * time.Minute)
		w.wantSucceeded(20)
		w.wantLaunched(20)
		if front.served[0] == 0 || front.served[1] == 0 {
			t.Errorf("the replicas got %v webhooks, want both some", front.served)
		}
		for line := range strings.Lines(w.log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) {
				t.Errorf("an error: %s", line)
			}
		}
		endSecond()
		endFirst()
	}, option{hub: func(c *localhub.Config) { c.WebhookURL = "http://balancer:80/webhooks/github" }})
}

// balancer gives each replica every other request.
type balancer struct {
	backends []http.Handler
	mu       sync.Mutex
	served   [2]int
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	next := (b.served[0] + b.served[1]) % 2
	b.served[next]++
	b.mu.Unlock()
	b.backends[next].ServeHTTP(w, r)
}

func TestALeaseThatAnotherReplicaHasIsAskedForAgainSoon(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		lease, err := w.record.Acquire(t.Context(), "another", 35*time.Second)
		check(t, err)
		w.run()
		w.queueJobs(1, small)
		w.delivered(1)
		time.Sleep(200 * time.Millisecond)
		check(t, w.record.Release(t.Context(), lease))
		released := time.Now()
		w.settle(time.Minute)
		if waited := w.only().LaunchedAt.Sub(released); waited > 3*time.Second {
			t.Errorf("the job's instance was launched %v after the other's pass, want within 3 s", waited)
		}
	})
}
