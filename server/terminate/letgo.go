package terminate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// GitHub lets go of runners, and ends runs. Implemented by githubapp.Client.
type GitHub interface {
	// Remove removes a runner: one that is gone already is no error, one that has a job is [runner.ErrBusy].
	Remove(ctx context.Context, app int64, scope runner.Scope, id int64) error
	// Runners lists all that are registered.
	Runners(ctx context.Context, app int64, scope runner.Scope) ([]runner.Registered, error)
	// Unended are the jobs of a run that have not ended.
	Unended(ctx context.Context, app int64, scope runner.Scope, run int64) ([]runner.JobEvent, error)
	// Cancel cancels a run: one that has ended is no error.
	Cancel(ctx context.Context, app int64, scope runner.Scope, run int64) error
}

// LetGo lets the runners go that are to leave. Each is removed on GitHub first, so that no job can
// come to it any more; one that GitHub says is busy stays. An error is the store's.
func (s *Stage) LetGo(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for _, leaving := range leaving(*snapshot) {
		account, affordable := s.account(*snapshot, leaving)
		switch {
		case until.Over():
			return nil
		case leaving.NextAt.After(snapshot.Now), !affordable:
			continue
		}
		items := []runner.Item{snapshot.Buckets.Spend(account, runner.LaneReads, cost(*snapshot, leaving), snapshot.Now)}
		err := s.remove(ctx, account, leaving)
		var limit *runner.LimitError
		if errors.As(err, &limit) {
			items[0] = snapshot.Buckets.Close(account, limit.Until)
		}
		if err := store(ctx, append(items, s.settleRemoval(leaving, err, snapshot.Now))...); err != nil {
			return err
		}
		if err != nil {
			s.Log.Warn("runner not removed on GitHub", "instance", leaving.Instance, "runner_name", leaving.Name, "error", err)
		}
	}
	return nil
}

// LeaveAt is when a runner that is to leave is next asked for.
func (s *Stage) LeaveAt(snapshot runner.Snapshot, r runner.Runner) time.Time {
	if r.Leaving == runner.NoReason() {
		return time.Time{}
	}
	account, _ := s.account(snapshot, r)
	at := snapshot.Buckets.Account(account).NextRead(cost(snapshot, r), snapshot.Now)
	if r.NextAt.After(at) {
		return r.NextAt
	}
	return at
}

// account is through which App a runner is removed, and whether that can be paid for.
func (s *Stage) account(snapshot runner.Snapshot, r runner.Runner) (runner.Account, bool) {
	account, _ := snapshot.Buckets.Richest(s.Apps, r.Class.Scope.FullName, snapshot.Now)
	return account, snapshot.Buckets.Account(account).Allows(runner.LaneReads, cost(snapshot, r), snapshot.Now)
}

// settleRemoval is what the outcome of a removal means for the runner.
func (s *Stage) settleRemoval(r runner.Runner, err error, now time.Time) runner.Item {
	switch {
	case errors.Is(err, runner.ErrBusy):
		busy, illegal := r.Take(now)
		if illegal != nil {
			r.Leaving = runner.NoReason()
			return r
		}
		return busy
	case err != nil:
		r.Calls++
		r.NextAt = s.later(r.Calls, now)
		return r
	}
	gone, illegal := r.To(runner.RunnerFailed, now, r.Leaving)
	if illegal != nil {
		r.Leaving = runner.NoReason()
		return r
	}
	gone.NextAt = now.UTC() // it will not power itself off
	return gone
}

func leaving(s runner.Snapshot) []runner.Runner {
	var all []runner.Runner
	for _, r := range s.Runners {
		if r.Leaving != runner.NoReason() && !r.Ending() {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b runner.Runner) int { return a.NextAt.Compare(b.NextAt) })
	return all
}
