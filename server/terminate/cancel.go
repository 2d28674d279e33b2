package terminate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// What it costs to read the jobs of a run, most often, and to cancel it.
const (
	readPoints   = 1
	cancelPoints = 5
)

// How often a run is looked at in which other jobs are still at work: after a minute, then ever later;
// and for how long GitHub keeps a job queued.
const (
	longestLook = 10 * time.Minute
	maxQueued   = 24 * time.Hour
)

// Cancel cancels the runs that are to be cancelled, once nothing else in them is at work. What an App
// may not cancel is left to GitHub. An error is the store's.
func (s *Stage) Cancel(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for _, c := range cancellations(*snapshot) {
		account, _ := snapshot.Buckets.Richest(s.Apps, c.Scope.Repository.FullName, snapshot.Now)
		affordable := snapshot.Buckets.Account(account).Allows(runner.LaneHousekeeping, readPoints+cancelPoints, snapshot.Now)
		switch {
		case until.Over():
			return nil
		case c.NextAt.After(snapshot.Now), !affordable:
			continue
		}
		c.Calls++
		c.NextAt = snapshot.Now.Add(again).UTC()
		spent := snapshot.Buckets.Spend(account, runner.LaneHousekeeping, readPoints+cancelPoints, snapshot.Now)
		if err := store(ctx, c, spent); err != nil {
			return err
		}
		done, err := s.cancel(ctx, account.App, c)
		items := []runner.Item{settleCancel(c, done, err, snapshot.Now)}
		var limit *runner.LimitError
		if errors.As(err, &limit) {
			items = append(items, snapshot.Buckets.Close(account, limit.Until))
		}
		if err != nil {
			s.Log.Warn("run not cancelled", "run_id", c.Run, "repository", c.Scope.Repository.FullName, "error", err)
		}
		if err := store(ctx, items...); err != nil {
			return err
		}
	}
	return nil
}

// CancelAt is when a run is looked at next.
func (s *Stage) CancelAt(snapshot runner.Snapshot, c runner.Cancellation) time.Time {
	account, _ := snapshot.Buckets.Richest(s.Apps, c.Scope.Repository.FullName, snapshot.Now)
	at := snapshot.Buckets.Account(account).NextHousekeeping(readPoints+cancelPoints, snapshot.Now)
	if c.NextAt.After(at) {
		return c.NextAt
	}
	return at
}

// cancel cancels a run, unless a job of it is at work: one that gets a runner, or that somebody else's took.
func (s *Stage) cancel(ctx context.Context, app int64, c runner.Cancellation) (done bool, err error) {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	jobs, err := s.GitHub.Unended(ctx, app, c.Scope, c.Run)
	if err != nil {
		return false, err
	}
	others := slices.ContainsFunc(jobs, func(job runner.JobEvent) bool {
		return job.Action == "in_progress" || !slices.Contains(c.Jobs, job.ID)
	})
	if others || len(jobs) == 0 {
		return !others, nil
	}
	if err := s.GitHub.Cancel(ctx, app, c.Scope, c.Run); err != nil {
		return false, err
	}
	s.Log.Info("run cancelled: a job of it gets no runner, and nothing else is at work", "run_id", c.Run, "repository", c.Scope.Repository.FullName)
	return true, nil
}

// settleCancel is what came of a look at a run.
func settleCancel(c runner.Cancellation, done bool, err error, now time.Time) runner.Cancellation {
	refused := errors.Is(err, runner.ErrDenied) || errors.Is(err, runner.ErrGone) || errors.Is(err, runner.ErrRejected)
	c.Settled = done || refused || now.Sub(c.Created) >= maxQueued
	c.NextAt = now.Add(min(longestLook, again<<min(c.Calls-1, 6))).UTC()
	return c
}

func cancellations(s runner.Snapshot) []runner.Cancellation {
	all := make([]runner.Cancellation, 0, len(s.Cancellations))
	for _, c := range s.Cancellations {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b runner.Cancellation) int { return a.NextAt.Compare(b.NextAt) })
	return all
}
