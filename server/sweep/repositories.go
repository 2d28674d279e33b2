package sweep

import (
	"context"

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
		scopes, err := l.GitHub.Repositories(ctx, app)
		if err != nil {
			all = false
			if err := l.failed(ctx, "list the repositories", err); err != nil {
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
