package terminate_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/terminate"
)

type github struct {
	terminate.GitHub
	err    error
	listed []runner.Registered
	asked  []int64
}

func (g *github) Runners(context.Context, int64, runner.Scope) ([]runner.Registered, error) {
	return g.listed, g.err
}

func (g *github) Remove(_ context.Context, _ int64, _ runner.Scope, id int64) error {
	g.asked = append(g.asked, id)
	return g.err
}

func TestARunnerIsRemovedOnGitHubBeforeItsInstanceEnds(t *testing.T) {
	until := time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC) // a bubble's time begins with 2000
	for what, test := range map[string]struct {
		id     int64 // GitHub's, 0 if it was never registered
		answer error
		why    runner.Reason // it is to go; none is that it is surplus
		state  runner.RunnerState
		again  time.Duration // when it is asked again, if it is
		due    bool          // its instance is ended at once
	}{
		"removed":                  {7, nil, runner.NoReason(), runner.RunnerFailed, 0, true},
		"never registered":         {0, nil, runner.NoReason(), runner.RunnerFailed, 0, true},
		"busy: it stays":           {7, fmt.Errorf("422: %w", runner.ErrBusy), runner.NoReason(), runner.RunnerBusy, 0, false},
		"busy, and taken back":     {7, runner.ErrBusy, runner.Interrupted(), runner.RunnerInterrupted, 0, false},
		"GitHub is down":           {7, errors.New("502"), runner.NoReason(), runner.RunnerIdle, 2 * time.Second, false},
		"GitHub's limit is closed": {7, &runner.LimitError{App: 1, Owner: "o", Until: until}, runner.NoReason(), runner.RunnerIdle, 2 * time.Second, false},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &github{err: test.answer}
				stage := terminate.Stage{GitHub: g, Limits: terminate.Limits{Apps: []int64{1}}, Grace: time.Minute, LongestWait: time.Minute, Log: slog.New(slog.DiscardHandler)}
				idle := runner.Runner{
					Instance: "i-1", State: runner.RunnerIdle, GitHubID: test.id,
					Class: runner.Class{Scope: runner.Repository{ID: 1, FullName: "o/r"}},
				}
				if test.why == runner.Interrupted() {
					idle.TakenBack = time.Now()
				}
				s := runner.NewSnapshot(idle.Leave(cmp.Or(test.why, runner.Surplus()), time.Now()))
				s.Now = time.Now()
				store := func(_ context.Context, items ...runner.Item) error { s.Put(items...); return nil }
				if err := stage.LetGo(t.Context(), &s, store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
					t.Fatal(err)
				}
				got := s.Runners["i-1"]
				if got.State != test.state {
					t.Errorf("state: got %q, want %q", got.State, test.state)
				}
				if test.again > 0 && !got.NextAt.Equal(time.Now().Add(test.again)) {
					t.Errorf("asked again at %v, want in %v", got.NextAt, test.again)
				}
				if due := stage.DueAt(got); test.due != (!due.IsZero() && !due.After(s.Now)) {
					t.Errorf("its instance is due at %v, want at once: %v", due, test.due)
				}
				if test.due && got.Reason != runner.Surplus() {
					t.Errorf("reason: got %q, want %q", got.Reason, runner.Surplus())
				}
				if len(g.asked) != min(1, int(test.id)) {
					t.Errorf("GitHub was asked to remove %d", g.asked)
				}
				var limit *runner.LimitError
				if errors.As(test.answer, &limit) {
					if next := stage.LeaveAt(s, got); next.Before(s.Now) || s.Buckets.Account(runner.Account{App: 1, Owner: "o"}).Allows(runner.LaneJIT, 1, s.Now) {
						t.Error("the account is not left alone")
					}
				}
			})
		})
	}
}

// A try whose answer was lost may have made the registration that runs a job.
func TestARunnerThatMayBeRegisteredOtherwiseIsLookedFor(t *testing.T) {
	const host = "i-0123456789abcdef0"
	first, second := runner.Name("prod", host, 1), runner.Name("prod", host, 2)
	others := runner.Registered{ID: 9, Name: runner.Name("prod", "i-0123456789abcdef1", 1), Online: true, Busy: true}
	for what, test := range map[string]struct {
		id     int64
		suffix int
		listed []runner.Registered
		err    error
		asked  []int64
		state  runner.RunnerState
	}{
		"no registration":            {0, 1, []runner.Registered{others}, nil, nil, runner.RunnerFailed},
		"one that is not known":      {0, 1, []runner.Registered{others, {ID: 7, Name: first, Online: true}}, nil, []int64{7}, runner.RunnerFailed},
		"one that has a job":         {0, 1, []runner.Registered{{ID: 7, Name: first, Online: true, Busy: true}}, nil, nil, runner.RunnerBusy},
		"two, and the other is busy": {8, 2, []runner.Registered{{ID: 8, Name: second}, {ID: 7, Name: first, Online: true, Busy: true}}, nil, nil, runner.RunnerBusy},
		"two":                        {8, 2, []runner.Registered{{ID: 8, Name: second}, {ID: 7, Name: first}}, nil, []int64{8, 7}, runner.RunnerFailed},
		"known, and the only try":    {8, 1, []runner.Registered{{ID: 7, Name: first, Busy: true}}, nil, []int64{8}, runner.RunnerFailed},
		"the repository is gone":     {0, 1, nil, fmt.Errorf("404: %w", runner.ErrGone), nil, runner.RunnerFailed},
		"GitHub is down":             {0, 1, nil, errors.New("502"), nil, runner.RunnerIdle},
	} {
		t.Run(what, func(t *testing.T) {
			g := &github{listed: test.listed, err: test.err}
			stage := terminate.Stage{Stack: "prod", GitHub: g, Limits: terminate.Limits{Apps: []int64{1}}, LongestWait: time.Minute, Log: slog.New(slog.DiscardHandler)}
			idle := runner.Runner{
				Instance: host, State: runner.RunnerIdle, GitHubID: test.id, Suffix: test.suffix,
				Class: runner.Class{Scope: runner.Repository{ID: 1, FullName: "o/r"}},
			}
			now := time.Now()
			s := runner.NewSnapshot(idle.Leave(runner.Surplus(), now))
			s.Now = now
			store := func(_ context.Context, items ...runner.Item) error { s.Put(items...); return nil }
			if err := stage.LetGo(t.Context(), &s, store, runner.Until{Deadline: now.Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
			if got := s.Runners[host].State; got != test.state || !slices.Equal(g.asked, test.asked) {
				t.Errorf("it is %s, and %d were removed; want %s, and %d", got, g.asked, test.state, test.asked)
			}
		})
	}
}
