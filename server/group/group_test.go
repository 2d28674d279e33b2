package group_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/group"
)

// github answers for repositories; it writes down what it was asked.
type github struct {
	mu    sync.Mutex
	err   map[string]error
	asked []string
}

func (g *github) Admits(_ context.Context, app int64, repository runner.Scope, name string, isPublic bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := repository.Repository.FullName
	g.asked = append(g.asked, fmt.Sprintf("App %d, group %s, %s, public %t", app, name, of, isPublic))
	return g.err[of]
}

func queued(id int64, repository, in string, public runner.Known) runner.Job {
	scope := runner.Organisation("o")
	return runner.Job{
		ID: id, State: runner.JobQueued, Repository: runner.Repository{ID: id, FullName: repository},
		Class: runner.Class{Installation: 42, Scope: scope, Group: in}, Origin: runner.Origin{Public: public},
	}
}

// world is a stage with its snapshot.
type world struct {
	t        *testing.T
	stage    group.Stage
	github   github
	snapshot runner.Snapshot
	stored   int
}

func inWorld(t *testing.T, test func(w *world), jobs ...runner.Item) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, snapshot: runner.NewSnapshot(jobs...)}
		w.stage = group.Stage{Apps: []int64{1}, GitHub: &w.github, Log: slog.New(slog.DiscardHandler)}
		test(w)
	})
}

// run is what GitHub is asked for in a pass, sorted.
func (w *world) run() []string {
	w.t.Helper()
	w.github.asked, w.snapshot.Now = nil, time.Now()
	store := func(_ context.Context, items ...runner.Item) error { w.stored++; w.snapshot.Put(items...); return nil }
	if err := w.stage.Run(w.t.Context(), &w.snapshot, store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(w.github.asked)
	return w.github.asked
}

func TestEachRepositoryWithQueuedJobsIsAskedForOnce(t *testing.T) {
	running := queued(4, "o/running", "builders", runner.No)
	running.State = runner.JobRunning
	inWorld(t, func(w *world) {
		want := []string{"App 1, group builders, o/a, public true", "App 1, group builders, o/b, public false"}
		if diff := cmp.Diff(want, w.run()); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if got := w.run(); len(got) > 0 {
			t.Errorf("at once: asked %q again", got)
		}
		time.Sleep(10 * time.Minute)
		if diff := cmp.Diff(want, w.run()); diff != "" {
			t.Errorf("ten minutes later (-want +got):\n%s", diff)
		}
	}, queued(1, "o/a", "builders", runner.Unsaid), queued(2, "o/a", "builders", runner.Yes), queued(3, "o/b", "builders", runner.No),
		running, queued(5, "o/alone", "", runner.No))
}

func TestWhatGitHubMayAnswerOfAGroup(t *testing.T) {
	for what, test := range map[string]struct {
		err    error
		reason runner.Reason
		stuck  runner.Reason
		closed bool
	}{
		"no such group": {err: fmt.Errorf("it: %w", runner.ErrNoGroup), reason: runner.NoGroup("o", "builders")},
		"barred":        {err: fmt.Errorf("it: %w", runner.ErrBarred), reason: runner.Barred("o/a", "builders")},
		"not installed": {err: fmt.Errorf("it: %w", runner.ErrNotInstalled), stuck: runner.NotInstalled("o")},
		"denied":        {err: fmt.Errorf("it: %w", runner.ErrDenied), stuck: runner.GitHubDenies("o")},
		"a limit":       {err: &runner.LimitError{App: 1, Owner: "o", Until: time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC)}, closed: true},
		"nothing":       {err: errors.New("502")},
	} {
		t.Run(what, func(t *testing.T) {
			job := queued(1, "o/a", "builders", runner.No)
			inWorld(t, func(w *world) {
				w.github.err = map[string]error{"o/a": test.err}
				w.run()
				if got := w.snapshot.Buckets.Against(job.Class, "o/a"); got != test.reason {
					t.Errorf("against it: got %q, want %q", got, test.reason)
				}
				if got, _ := w.snapshot.Buckets.Stuck([]int64{1}, "o"); got != test.stuck {
					t.Errorf("no JIT configs: got %q, want %q", got, test.stuck)
				}
				if got := !w.snapshot.Buckets.Account(runner.Account{App: 1, Owner: "o"}).ClosedUntil.IsZero(); got != test.closed {
					t.Errorf("closed: got %t, want %t", got, test.closed)
				}
				if time.Sleep(59 * time.Second); len(w.run()) > 0 {
					t.Error("asked again within a minute")
				}
				w.github.err = nil
				time.Sleep(6 * time.Minute)
				if asked := w.run(); len(asked) != 1 || w.snapshot.Buckets.Against(job.Class, "o/a") != runner.NoReason() {
					t.Errorf("asked %q; against it is %q, want it asked once, and nothing", asked, w.snapshot.Buckets.Against(job.Class, "o/a"))
				}
			}, job)
		})
	}
}

func TestNoMoreIsAskedThanCanBePaidFor(t *testing.T) {
	inWorld(t, func(w *world) {
		account := runner.Account{App: 1, Owner: "o"}
		w.snapshot.Put(runner.NewBudgets().Spend(account, runner.LaneJIT, 898, time.Now()))
		if got := w.run(); len(got) > 0 || w.stored > 0 {
			t.Errorf("asked %q and stored %d times, want neither", got, w.stored)
		}
		w.snapshot.Put(runner.NewBudgets())
		if got := w.run(); len(got) != 40 {
			t.Errorf("asked for %d, want all 40", len(got))
		}
		if got := w.snapshot.Buckets.Account(account).All.Points(time.Now()); got != 900-80 {
			t.Errorf("left are %d points, want 820", got)
		}
	}, slices.Collect(func(yield func(runner.Item) bool) {
		for id := range int64(40) {
			if !yield(queued(id+1, fmt.Sprint("o/", id), "builders", runner.No)) {
				return
			}
		}
	})...)
}

func TestWithoutAnAppNobodyIsAsked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.stage.Apps = nil
		if got := w.run(); len(got) > 0 {
			t.Errorf("asked %q, want nothing", got)
		}
	}, queued(1, "o/a", "builders", runner.No))
}
