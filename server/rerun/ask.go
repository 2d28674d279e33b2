package rerun

import (
	"context"
	"errors"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// ask has jobs run again: the intent is stored, and what they are told with it, before GitHub hears of it.
func (a *attempt) ask(ctx context.Context, outcome runner.RunOutcome) error {
	a.rerun = a.rerun.Ask()
	items, err := a.told(ctx, runner.RunsAgain())
	if err != nil {
		return err
	}
	if err := a.store(ctx, append(items, a.rerun, a.spend(rerunPoints))...); err != nil {
		return err
	}
	switch err := a.call(ctx, outcome); {
	case err == nil:
		a.Log.Info("interrupted jobs run again", "run_id", a.rerun.Run, "repository", a.rerun.Scope.Repository.FullName, "jobs", len(a.rerun.Jobs))
		a.rerun.Settled = true
		return a.store(ctx, a.rerun)
	case errors.Is(err, runner.ErrDenied), errors.Is(err, runner.ErrRejected):
		return a.refused(ctx, err)
	case errors.Is(err, runner.ErrNotEnded), errors.Is(err, runner.ErrGone): // the next look says why
		a.rerun = a.rerun.Unask()
		return a.later(ctx, "", nil)
	default:
		return a.later(ctx, "it is not known whether interrupted jobs run again", err)
	}
}

// call runs a job again alone, if it is alone.
func (a *attempt) call(ctx context.Context, outcome runner.RunOutcome) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if len(outcome.Failed) == 1 {
		return a.GitHub.RerunJob(ctx, a.account.App, a.rerun.Scope, outcome.Failed[0].ID)
	}
	return a.GitHub.RerunFailed(ctx, a.account.App, a.rerun.Scope, a.rerun.Run)
}

// refused: our App may not. Somebody may grant it within a day.
func (a *attempt) refused(ctx context.Context, err error) error {
	a.Log.Warn("interrupted jobs do not run again", "run_id", a.rerun.Run, "repository", a.rerun.Scope.Repository.FullName, "error", err)
	a.rerun = a.rerun.Unask()
	a.rerun.NextAt = a.snapshot.Now.Add(denied).UTC()
	a.rerun.Settled = a.snapshot.Now.Sub(a.rerun.Created) >= deniedFor
	items, err := a.told(ctx, runner.NotRerun("GitHub does not let our App, which needs the permission actions: write"))
	if err != nil {
		return err
	}
	return a.store(ctx, append(items, a.rerun)...)
}

// settle ends the intent, and tells its jobs why.
func (a *attempt) settle(ctx context.Context, why runner.Reason) error {
	a.rerun.Settled = true
	items, err := a.told(ctx, why)
	if err != nil {
		return err
	}
	return a.store(ctx, append(items, a.rerun)...)
}

// later leaves a run for a while, ever longer, or for as long as GitHub says.
func (a *attempt) later(ctx context.Context, what string, err error) error {
	a.rerun.NextAt = a.snapshot.Now.Add(min(10*a.Wait, a.Wait<<min(a.rerun.Calls-1, 6))).UTC()
	items := []runner.Item{a.rerun}
	if err != nil {
		a.Log.Warn(what, "run_id", a.rerun.Run, "repository", a.rerun.Scope.Repository.FullName, "error", err)
	}
	var limit *runner.LimitError
	if errors.As(err, &limit) {
		items = append(items, a.snapshot.Buckets.Close(a.account, limit.Until))
	}
	return a.store(ctx, items...)
}

// told are the interrupted jobs with what they are to be told.
func (a *attempt) told(ctx context.Context, why runner.Reason) ([]runner.Item, error) {
	ids := make([]int64, len(a.rerun.Jobs))
	for i, job := range a.rerun.Jobs {
		ids[i] = job.ID
	}
	jobs, err := a.recall(ctx, ids...)
	if err != nil {
		return nil, err
	}
	items := make([]runner.Item, len(jobs))
	for i, job := range jobs {
		items[i] = job.Because(why, a.snapshot.Now)
	}
	return items, nil
}
