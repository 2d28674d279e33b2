package origin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/origin"
)

// github answers for runs; it writes down what it was asked.
type github struct {
	answer func(run int64) (runner.Origin, error)

	mu    sync.Mutex
	asked map[int64]int
}

func (g *github) Origin(_ context.Context, _ int64, _ runner.Scope, run int64) (runner.Origin, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked[run]++
	return g.answer(run)
}

func queued(id, run int64) runner.Job {
	repository := runner.Repository{ID: 1, FullName: "o/r"}
	return runner.Job{ID: id, RunID: run, Repository: repository, Class: runner.Class{Scope: repository}, State: runner.JobQueued}
}

// ask has a stage ask once for two jobs of run 5 and one of run 6.
func ask(t *testing.T, answer func(run int64) (runner.Origin, error)) (runner.Snapshot, *github, *origin.Stage) {
	t.Helper()
	g := &github{answer: answer, asked: map[int64]int{}}
	stage := &origin.Stage{Apps: []int64{1}, GitHub: g, Log: slog.New(slog.DiscardHandler)}
	s := runner.NewSnapshot(queued(1, 5), queued(2, 5), queued(3, 6))
	run(t, stage, &s)
	return s, g, stage
}

func run(t *testing.T, stage *origin.Stage, s *runner.Snapshot) {
	t.Helper()
	s.Now = time.Now()
	store := func(_ context.Context, items ...runner.Item) error { s.Put(items...); return nil }
	if err := stage.Run(t.Context(), s, store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
}

func TestARunIsAskedForOnce(t *testing.T) {
	s, g, stage := ask(t, func(run int64) (runner.Origin, error) {
		return runner.Origin{Public: runner.No, Fork: runner.YesIf(run == 6)}, nil
	})
	s.Put(queued(4, 5), queued(5, 6)) // heard of later
	run(t, stage, &s)
	if g.asked[5] != 1 || g.asked[6] != 1 {
		t.Errorf("asked for the runs %v times, want once each", g.asked)
	}
	for id := range int64(5) {
		job, live := s.Jobs[id+1]
		if own := id+1 != 3 && id+1 != 5; live != own || own && job.Origin.Fork != runner.No {
			t.Errorf("job %d: still there: %v, of origin %+v; want the forks' refused and no other", id+1, live, job.Origin)
		}
	}
}

func TestWhatGitHubMayAnswer(t *testing.T) {
	until := time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC) // a bubble's time begins with 2000
	for what, test := range map[string]struct {
		err     error
		refused bool
		again   time.Duration
		absent  bool
	}{
		"it is down":         {err: errors.New("502"), again: 15 * time.Second},
		"a limit":            {err: &runner.LimitError{App: 1, Owner: "o", Until: until}, again: 5 * time.Minute},
		"no such run":        {err: fmt.Errorf("404: %w", runner.ErrGone), refused: true},
		"no App of ours":     {err: fmt.Errorf("404: %w", runner.ErrNotInstalled), again: 15 * time.Second, absent: true},
		"it does not let us": {err: fmt.Errorf("403: %w", runner.ErrDenied), again: 15 * time.Second},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, g, stage := ask(t, func(int64) (runner.Origin, error) { return runner.Origin{}, test.err })
				job, live := s.Jobs[1]
				if live == test.refused || g.asked[5] != 1 {
					t.Fatalf("refused: %v, asked %d times, want %v, once", !live, g.asked[5], test.refused)
				}
				if live {
					if at := stage.DueAt(s, job); time.Until(at) != test.again {
						t.Errorf("asked again in %v, want in %v", time.Until(at), test.again)
					}
				}
				if _, stuck := s.Buckets.Stuck([]int64{1}, "o/r"); stuck != test.absent {
					t.Errorf("stuck: %v, want %v", stuck, test.absent)
				}
			})
		})
	}
}
