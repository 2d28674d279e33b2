package sweep

import (
	"context"
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// removePoints is what GitHub charges for removing a runner.
const removePoints = 5

// leftovers removes the runners of ours whose instances are gone, or go by another name.
func (l *look) leftovers(ctx context.Context, scope runner.Scope, listed []runner.Registered) error {
	for _, found := range listed {
		instance, ours := runner.InstanceOf(l.Stack, found.Name)
		if !ours || found.Online || !l.leftOver(instance, found.Name) {
			continue
		}
		app, points := l.readable(scope.Repository.FullName)
		account := l.snapshot.Buckets.Account(runner.AccountOf(app, scope.Repository.FullName))
		if points == 0 || !account.Allows(runner.LaneHousekeeping, removePoints, l.snapshot.Now) {
			return nil
		}
		if err := l.pay(ctx, app, scope.Repository.FullName, runner.LaneHousekeeping, removePoints); err != nil {
			return err
		}
		if err := l.GitHub.Remove(ctx, app, scope, found.ID); err != nil {
			if err := l.failed(ctx, fmt.Sprintf("remove the leftover runner %q", found.Name), err); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftOver says whether nothing can ever run under a name of an instance.
func (l *look) leftOver(instance, name string) bool {
	if r, known := l.snapshot.Runners[instance]; known {
		return r.State != runner.RunnerLaunching && !goesBy(r, name)
	}
	seen, there := l.seen[instance]
	return l.seen != nil && (!there || seen.State == "terminated")
}
