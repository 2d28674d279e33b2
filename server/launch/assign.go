package launch

import (
	"context"
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
// GitHub's budget goes and until the time is over. An error is the store's.
func (s *Stage) Assign(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for !until.Over() {
		batch, budgets := nextBatch(*snapshot, s.Apps)
		if len(batch) == 0 {
			return nil
		}
		if err := store(ctx, append(s.letIn(batch), budgets)...); err != nil {
			return err
		}
		outcomes := s.assignAll(ctx, batch)
		if err := store(ctx, settleAll(snapshot.Buckets, outcomes, s.Apps, time.Now())...); err != nil {
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

// assignAll asks for all of a batch at once.
func (s *Stage) assignAll(ctx context.Context, batch []ask) []outcome {
	outcomes := make([]outcome, len(batch))
	var group sync.WaitGroup
	for i, asked := range batch {
		outcomes[i] = outcome{ask: asked, wait: s.backoff(asked.instance.Calls)}
		group.Go(func() {
			o := &outcomes[i]
			o.assigned, o.err = s.assign(ctx, asked)
			if o.err != nil {
				s.Log.Warn("no assignment yet", "instance", asked.instance.Instance, "error", o.err)
			}
		})
	}
	group.Wait()
	return outcomes
}

// assign makes the JIT config under the name that is stored with the runner, and puts it where only
// this instance can read it.
func (s *Stage) assign(ctx context.Context, asked ask) (runner.Runner, error) {
	instance := asked.instance
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	name := runner.Name(s.Stack, instance.Instance, instance.Suffix)
	id, config, err := s.GitHub.JITConfig(ctx, asked.account.App, instance.Class, name)
	if err != nil {
		return instance, err
	}
	body, err := assignment.Encode(s.withLogins(instance, assignment.Assignment{
		Instance: instance.Instance, RunnerName: name, JITConfig: config,
		MaxRuntime: s.MaxRuntime, MaxIdle: s.MaxIdle,
		Repository: instance.Class.Scope.ID, Organisation: instance.Class.Scope.Owner(),
	}))
	if err == nil {
		err = s.Objects.Put(ctx, runner.AssignmentKey(s.RoleID, instance.Instance), body)
	}
	if err != nil {
		// The JIT config is lost with this try, and its name with it.
		return instance, fmt.Errorf("%w: its JIT config was made, but the assignment not written: %w", runner.ErrNameTaken, err)
	}
	instance.Name, instance.GitHubID = name, id
	return instance, nil
}
