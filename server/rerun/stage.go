// Package rerun has jobs run again that EC2 interrupted. GitHub lets nobody do so before the whole run has
// ended, and an App hears only of jobs: so the run is asked after, within GitHub's budget.
//
//	interrupted job ends ──▶ intent ──the run has ended──▶ asked ──a later attempt is there──▶ settled
//
// The job alone runs again if nothing else of its run failed; all that failed, if all of that was
// interrupted. A run that somebody began again or cancelled is left alone.
package rerun

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// GitHub is GitHub, to look at runs and have jobs run again. Implemented by githubapp.Client.
type GitHub interface {
	Outcome(ctx context.Context, app int64, scope runner.Scope, run int64) (runner.RunOutcome, error)
	RerunJob(ctx context.Context, app int64, scope runner.Scope, job int64) error
	RerunFailed(ctx context.Context, app int64, scope runner.Scope, run int64) error
}

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

// Recall reads jobs that have ended back, so that they can be told something more.
type Recall func(ctx context.Context, jobs ...int64) ([]runner.Job, error)

// Stage has jobs run again.
type Stage struct {
	Apps   []int64
	GitHub GitHub
	Wait   time.Duration // until a run that goes on is looked at for the second time; then ever later, up to ten times that
	Log    *slog.Logger
}

// What GitHub charges for the outcome of a run, most often, and for a rerun.
const (
	lookPoints  = 2
	rerunPoints = 5
)

const (
	timeout = 10 * time.Second // of a call
	denied  = time.Hour        // until an App that may not is tried again
	// GitHub runs nothing again that began longer ago. Source: docs.github.com, "Re-running workflows and jobs".
	tooLate = 30 * 24 * time.Hour
	// For so long an App that may not is tried.
	deniedFor = 24 * time.Hour
)

// Run looks at the runs that are due, and has jobs of those that have ended run again. An error is the
// store's.
func (s *Stage) Run(ctx context.Context, snapshot *runner.Snapshot, store Store, recall Recall, until runner.Until) error {
	for _, r := range s.due(*snapshot) {
		account, _ := snapshot.Buckets.Richest(s.Apps, r.Scope.Repository.FullName, snapshot.Now)
		switch {
		case until.Over():
			return nil
		case !snapshot.Buckets.Account(account).Allows(runner.LaneRerun, lookPoints+rerunPoints, snapshot.Now):
			continue
		}
		one := attempt{Stage: s, snapshot: snapshot, store: store, recall: recall, account: account, rerun: r}
		if err := one.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// DueAt is when the next run is to be looked at; zero if none is.
func (s *Stage) DueAt(snapshot runner.Snapshot) (next time.Time) {
	atWork := atWork(snapshot)
	for _, r := range snapshot.Reruns {
		if atWork[r.Run] && !r.Asked {
			continue
		}
		account, _ := snapshot.Buckets.Richest(s.Apps, r.Scope.Repository.FullName, snapshot.Now)
		at := snapshot.Buckets.Account(account).NextRead(lookPoints+rerunPoints, snapshot.Now)
		if r.NextAt.After(at) {
			at = r.NextAt
		}
		next = runner.Earlier(next, at)
	}
	return next
}

// due are the runs to look at, the one that has waited longest first. One of which we know that a job is
// at work has not ended: that costs no look.
func (s *Stage) due(snapshot runner.Snapshot) []runner.Rerun {
	atWork := atWork(snapshot)
	var due []runner.Rerun
	for _, r := range snapshot.Reruns {
		if !r.NextAt.After(snapshot.Now) && (!atWork[r.Run] || r.Asked) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b runner.Rerun) int { return a.NextAt.Compare(b.NextAt) })
	return due
}

// atWork are the runs that have a job which has not ended.
func atWork(snapshot runner.Snapshot) map[int64]bool {
	runs := map[int64]bool{}
	if len(snapshot.Reruns) == 0 {
		return runs
	}
	for _, job := range snapshot.Jobs {
		runs[job.RunID] = true
	}
	return runs
}

// attempt is one look at a run, and what comes of it.
type attempt struct {
	*Stage
	snapshot *runner.Snapshot
	store    Store
	recall   Recall
	account  runner.Account
	rerun    runner.Rerun
}

// look asks after a run, and does what it says.
func (a *attempt) look(ctx context.Context) error {
	a.rerun.Calls++
	a.rerun.NextAt = a.snapshot.Now.Add(a.Wait).UTC()
	if err := a.store(ctx, a.rerun, a.spend(lookPoints)); err != nil {
		return err
	}
	outcome, err := a.outcome(ctx)
	if err != nil && !errors.Is(err, runner.ErrGone) {
		return a.later(ctx, "run not looked at", err)
	}
	switch told := verdict(a.rerun, outcome, err, a.snapshot.Now); told.Kind {
	case runner.ReasonRerun:
		return a.settle(ctx, told)
	case runner.ReasonNotRerun:
		return a.settle(ctx, told)
	case runner.ReasonAwaitsRerun:
		return a.later(ctx, "", nil)
	default:
		return a.ask(ctx, outcome)
	}
}

func (a *attempt) outcome(ctx context.Context) (runner.RunOutcome, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return a.GitHub.Outcome(ctx, a.account.App, a.rerun.Scope, a.rerun.Run)
}

func (a *attempt) spend(points int) runner.Item {
	return a.snapshot.Buckets.Spend(a.account, runner.LaneRerun, points, a.snapshot.Now)
}
