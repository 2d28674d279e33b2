package localhub_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

func TestAConfigThatIsNeverUsedExpires(t *testing.T) {
	inWorld(t, localhub.Config{JITLife: 20 * time.Minute}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		time.Sleep(20*time.Minute - 1)
		if got := len(w.hub.Books().Runners); got != 1 {
			t.Errorf("runners just before: got %d, want 1", got)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := len(w.hub.Books().Runners); got != 0 {
			t.Errorf("runners: got %d, want none", got)
		}
		late := w.run(w.t.Context(), encoded, localhub.Success)
		if got := <-late.code; got != 1 {
			t.Errorf("exit code of a late start: got %d, want 1", got)
		}
	})
}

func TestARunnerThatIdlesForItsLifeEndsWithNoJobDone(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		time.Sleep(30 * time.Minute)
		began := time.Now()
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		if got := <-runner.code; got != 0 || time.Since(began) != time.Hour {
			t.Errorf("got exit code %d after %v, want 0 after an hour", got, time.Since(began))
		}
		if !strings.Contains(runner.out.String(), "expired") || len(w.hub.Books().Runners) != 0 {
			t.Errorf("got %q and the runners %v, want it expired and gone", runner.out, w.hub.Books().Runners)
		}
	})
}

// killed is a runner whose machine dies with no last word, while it executes a job or listens.
func (w *world) killed(encoded string, after time.Duration) {
	ctx, kill := context.WithTimeout(w.t.Context(), after)
	transport := w.network.Transport()
	w.runners.Go(func() {
		defer kill()
		dead := &http.Client{Transport: cut{transport, ctx}}
		execute := func(ctx context.Context, _ localhub.Work) string { <-ctx.Done(); return localhub.Success }
		localhub.Runner{Client: dead, Out: new(strings.Builder), Execute: execute}.Run(ctx, encoded)
		transport.CloseIdleConnections()
	})
}

// cut is a network that is gone once a context has ended.
type cut struct {
	http.RoundTripper
	ctx context.Context
}

func (c cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.ctx.Err() != nil {
		return nil, c.ctx.Err()
	}
	return c.RoundTripper.RoundTrip(r)
}

func TestTheJobOfARunnerThatFallsSilentFails(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		w.killed(encoded, 30*time.Minute) // in which it tells nothing but that it is there
		time.Sleep(40*time.Minute - 1)
		books := w.hub.Books()
		if got := books.Jobs[0].State; got != localhub.InProgress || books.Runners[0].Online {
			t.Errorf("just before: the job is %s, the runner %+v, want it in progress on an offline runner", got, books.Runners[0])
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		books = w.hub.Books()
		if got := books.Jobs[0]; got.Conclusion != localhub.Failure || len(books.Runners) != 0 {
			t.Errorf("got the job %+v and the runners %v, want a failure and none", got, books.Runners)
		}
		if diff := cmp.Diff([]string{"queued", "in_progress", "completed"}, w.actions()); diff != "" {
			t.Errorf("webhooks (-want +got):\n%s", diff)
		}
	})
}

func TestAListenerThatDiedGetsNoJob(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		w.killed(encoded, time.Minute)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		if got := w.hub.Books().Jobs[0].State; got != localhub.Queued {
			t.Errorf("job: got %s, want queued", got)
		}
		time.Sleep(time.Minute)
		if got := w.hub.Books().Runners; len(got) != 1 || got[0].Online {
			t.Errorf("runners: got %+v, want it left over, offline", got)
		}
	})
}
