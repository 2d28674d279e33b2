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
		batch, budgets := nextBatch(*snapshot)
		if len(batch) == 0 {
			return nil
		}
		if err := store(ctx, budgets); err != nil {
			return err
		}
		if err := store(ctx, s.assignAll(ctx, batch)...); err != nil {
			return err
		}
	}
	return nil
}

// AssignAt is when GitHub's budget lets an instance that waits for it have its JIT config.
func AssignAt(s runner.Snapshot, waiting runner.Runner) time.Time {
	at := s.Buckets.Installation(waiting.Class.Installation).When(runner.JITPoints, s.Now)
	if waiting.NextAt.After(at) {
		return waiting.NextAt
	}
	return at
}

// Unassigned are the instances that wait for their assignment, those launched first before others.
func Unassigned(s runner.Snapshot) []runner.Runner {
	var waiting []runner.Runner
	for _, instance := range s.Runners {
		if instance.State == runner.RunnerLaunching {
			waiting = append(waiting, instance)
		}
	}
	slices.SortFunc(waiting, func(a, b runner.Runner) int {
		return a.Stamps[runner.RunnerLaunching].Compare(b.Stamps[runner.RunnerLaunching])
	})
	return waiting
}

// nextBatch is whom to give a JIT config now, and the budgets once that is paid for.
func nextBatch(s runner.Snapshot) (batch []runner.Runner, budgets runner.Budgets) {
	budgets = s.Buckets
	for _, instance := range Unassigned(s) {
		installation := instance.Class.Installation
		switch {
		case len(batch) == parallel:
			return batch, budgets
		case instance.NextAt.After(s.Now), budgets.Installation(installation).Points(s.Now) < runner.JITPoints:
			continue
		}
		budgets = budgets.SpendGitHub(installation, runner.JITPoints, s.Now)
		batch = append(batch, instance)
	}
	return batch, budgets
}

func (s *Stage) assignAll(ctx context.Context, batch []runner.Runner) []runner.Item {
	items := make([]runner.Item, len(batch))
	var group sync.WaitGroup
	for i, instance := range batch {
		wait := s.backoff(instance.Calls)
		group.Go(func() {
			assigned, err := s.assign(ctx, instance)
			items[i] = settleAssign(assigned, err, time.Now(), wait)
			if err != nil {
				s.Log.Warn("no assignment yet", "instance", instance.Instance, "runner_name", assigned.Name, "error", err)
			}
		})
	}
	group.Wait()
	return items
}

// assign makes the JIT config under the name that is stored with the runner, and puts it where only
// this instance can read it.
func (s *Stage) assign(ctx context.Context, instance runner.Runner) (runner.Runner, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	instance.Name = runner.Name(s.Stack, instance.Instance, instance.Suffix)
	id, config, err := s.GitHub.JITConfig(ctx, s.GitHub.Apps()[0], instance.Class, instance.Name)
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
func settleAssign(instance runner.Runner, err error, now time.Time, wait time.Duration) runner.Runner {
	state, why := runner.RunnerBooting, runner.NoReason()
	switch {
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
