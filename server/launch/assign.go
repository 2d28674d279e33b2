package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// parallel is how many JIT configs are asked for at a time. GitHub allows 100 requests at once.
// Source: docs.github.com, "Rate limits for the REST API", secondary rate limits.
const parallel = 32

// Assign gives the instances that have none yet their JIT config and their assignment, as far as
// GitHub's budget goes and as long as the deadline has not come. An error is the store's.
func (s *Stage) Assign(ctx context.Context, snapshot *runner.Snapshot, store Store, deadline time.Time) error {
	for time.Now().Before(deadline) {
		batch, budgets := nextBatch(*snapshot, s.Apps)
		if len(batch) == 0 {
			return nil
		}
		if err := store(ctx, budgets); err != nil {
			return err
		}
		assigned, closed := s.assignAll(ctx, batch)
		if len(closed) > 0 {
			budgets = snapshot.Buckets
			for account, until := range closed {
				budgets = budgets.Close(account, until)
			}
			assigned = append(assigned, budgets)
		}
		if err := store(ctx, assigned...); err != nil {
			return err
		}
	}
	return nil
}

// AssignAt is when GitHub's budgets let an instance that waits for it have its JIT config.
func AssignAt(s runner.Snapshot, apps []int64, waiting runner.Runner) time.Time {
	var at time.Time
	for _, app := range apps {
		budget := s.Buckets.Account(runner.AccountOf(app, waiting.Class.Scope.FullName))
		at = runner.Earlier(at, budget.NextJIT(1, s.Now))
	}
	if waiting.NextAt.After(at) {
		return waiting.NextAt
	}
	return at
}

// Unassigned are the instances that wait for their assignment, those launched first before others.
func Unassigned(s runner.Snapshot) []runner.Runner {
	var waiting []runner.Runner
	for _, instance := range s.Runners {
		if instance.State == runner.RunnerLaunching && instance.Leaving == runner.NoReason() {
			waiting = append(waiting, instance)
		}
	}
	slices.SortFunc(waiting, func(a, b runner.Runner) int {
		return a.Stamps[runner.RunnerLaunching].Compare(b.Stamps[runner.RunnerLaunching])
	})
	return waiting
}

// ask is one JIT config to ask for, and the App to ask as.
type ask struct {
	instance runner.Runner
	account  runner.Account
}

// nextBatch is whom to give a JIT config now, and the budgets once that is paid for. Each is asked
// for as the App that can pay for the most.
func nextBatch(s runner.Snapshot, apps []int64) (batch []ask, budgets runner.Budgets) {
	budgets = s.Buckets
	for _, instance := range Unassigned(s) {
		if len(batch) == parallel {
			break
		}
		account, points := budgets.Richest(apps, instance.Class.Scope.FullName, s.Now)
		if points < runner.JITPoints || instance.NextAt.After(s.Now) {
			continue
		}
		budgets = budgets.Spend(account, runner.LaneJIT, runner.JITPoints, s.Now)
		batch = append(batch, ask{instance, account})
	}
	return batch, budgets
}

// assignAll asks for all of a batch at once. Closed are the accounts that GitHub wants left alone.
func (s *Stage) assignAll(ctx context.Context, batch []ask) (items []runner.Item, closed map[runner.Account]time.Time) {
	items, errs := make([]runner.Item, len(batch)), make([]error, len(batch))
	var group sync.WaitGroup
	for i, asked := range batch {
		wait := s.backoff(asked.instance.Calls)
		group.Go(func() {
			var assigned runner.Runner
			assigned, errs[i] = s.assign(ctx, asked)
			items[i] = settleAssign(assigned, errs[i], time.Now(), wait, len(s.Apps) > 1)
			if errs[i] != nil {
				s.Log.Warn("no assignment yet", "instance", assigned.Instance, "runner_name", assigned.Name, "error", errs[i])
			}
		})
	}
	group.Wait()
	closed = map[runner.Account]time.Time{}
	for i, err := range errs {
		var limit *runner.LimitError
		switch {
		case errors.As(err, &limit):
			closed[batch[i].account] = limit.Until
		case errors.Is(err, runner.ErrGone) && len(s.Apps) > 1:
			closed[batch[i].account] = time.Now().Add(notInstalled)
		}
	}
	return items, closed
}

// notInstalled is how long an App is not asked that is not installed where others are.
const notInstalled = 10 * time.Minute

// assign makes the JIT config under the name that is stored with the runner, and puts it where only
// this instance can read it.
func (s *Stage) assign(ctx context.Context, asked ask) (runner.Runner, error) {
	instance := asked.instance
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	instance.Name = runner.Name(s.Stack, instance.Instance, instance.Suffix)
	id, config, err := s.GitHub.JITConfig(ctx, asked.account.App, instance.Class, instance.Name)
	if err != nil {
		return instance, err
	}
	instance.GitHubID = id
	body, err := assignment.Encode(assignment.Assignment{
		Instance: instance.Instance, RunnerName: instance.Name, JITConfig: config,
		MaxRuntime: s.MaxRuntime, MaxIdle: s.MaxIdle,
	})
	if err == nil {
		err = s.Objects.Put(ctx, runner.AssignmentKey(s.RoleID, instance.Instance), body)
	}
	if err != nil {
		// The JIT config is lost with this try, and its name with it.
		return instance, fmt.Errorf("%w: its JIT config was made, but the assignment not written: %w", runner.ErrNameTaken, err)
	}
	return instance, nil
}

// settleAssign is what the outcome of a try means for the runner.
func settleAssign(instance runner.Runner, err error, now time.Time, wait time.Duration, otherApps bool) runner.Runner {
	state, why := runner.RunnerBooting, runner.NoReason()
	switch {
	case errors.Is(err, runner.ErrGone) && otherApps:
		instance.NextAt = now.UTC() // as another App
		return instance
	case errors.Is(err, runner.ErrRejected):
		state, why = runner.RunnerFailed, runner.NoJITConfig(err.Error())
	case err != nil:
		if errors.Is(err, runner.ErrNameTaken) {
			instance.Suffix++
		}
		instance.Calls++
		instance.NextAt = now.Add(wait).UTC()
		return instance
	}
	settled, err := instance.To(state, now, why)
	if err != nil {
		panic(err) // a launching runner may boot or fail
	}
	return settled
}
