package sweep

import (
	"context"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// repositories finds out which there are, so that jobs are found whose webhooks never came. One that no
// App has any more is watched no longer.
func (l *look) repositories(ctx context.Context) error {
	sweeps := l.snapshot.Sweeps
	if len(l.Apps) == 0 || l.snapshot.Now.Sub(sweeps.RepositoriesAt) < l.Repositories {
		return nil
	}
	all, there := true, scopesOf(*l.snapshot)
	for _, app := range l.Apps {
		if !l.canList(app, there) {
			all = false
			continue
		}
		scopes, failure := l.GitHub.Repositories(ctx, app)
		if err := l.payLists(ctx, app, scopes); err != nil {
			return err
		}
		if failure != nil {
			all = false
			if err := l.failed(ctx, "list the repositories", failure); err != nil {
				return err
			}
		}
		scopes = append(scopes, l.organisations(scopes)...)
		there = append(there, scopes...)
		if err := l.installed(ctx, app, scopes); err != nil {
			return err
		}
	}
	sweeps = sweeps.Watching(there...)
	if all { // or else they are asked again by the next sweep
		sweeps = sweeps.Only(there...)
		sweeps.RepositoriesAt = l.snapshot.Now.UTC()
	}
	return l.store(ctx, sweeps)
}

// canList says whether an App has the points to list its repositories, as far as they are known.
func (l *look) canList(app int64, known []runner.Scope) bool {
	for _, scope := range known {
		account := runner.AccountOf(app, scope.Repository.FullName)
		if l.snapshot.Buckets.Account(account).Readable(l.snapshot.Now) < runner.ListPoints(len(known)) {
			return false
		}
	}
	return true
}

// payLists pays for lists of an App's repositories, one for each owner.
func (l *look) payLists(ctx context.Context, app int64, scopes []runner.Scope) error {
	listed := map[runner.Account]int{}
	for _, scope := range scopes {
		listed[runner.AccountOf(app, scope.Repository.FullName)]++
	}
	if len(listed) == 0 {
		return nil
	}
	budgets, now := l.snapshot.Buckets, time.Now()
	for account, repositories := range listed {
		budgets = budgets.Spend(account, runner.LaneReads, runner.ListPoints(repositories), now)
	}
	return l.store(ctx, budgets)
}

// organisations are the owners of repositories, where runners are registered in a runner group.
func (l *look) organisations(scopes []runner.Scope) (owners []runner.Scope) {
	if l.Group == "" {
		return nil
	}
	known := map[string]bool{}
	for _, scope := range scopes {
		owner := runner.Organisation(scope.Repository.Owner())
		if !known[owner.FullName] {
			known[owner.FullName] = true
			owners = append(owners, runner.Scope{Installation: scope.Installation, Repository: owner})
		}
	}
	return owners
}

// installed notes where an App is, of which it was thought that it is not.
func (l *look) installed(ctx context.Context, app int64, scopes []runner.Scope) error {
	budgets, doubted := l.snapshot.Buckets, false
	for _, scope := range scopes {
		name := scope.Repository.FullName
		if budgets.Account(runner.AccountOf(app, name)).TroubleWith(name) == runner.TroubleAbsent {
			budgets, doubted = budgets.Installed(app, name), true
		}
	}
	if !doubted {
		return nil
	}
	return l.store(ctx, budgets)
}
