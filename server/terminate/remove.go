package terminate

import (
	"context"
	"errors"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// removePoints is what GitHub charges for removing a runner, as for every write.
const removePoints = 5

// timeout is how long it may take to remove a runner.
const timeout = 10 * time.Second

// cost is what it costs to remove a runner. One that is doubtful is looked for in the list of all.
func cost(s runner.Snapshot, r runner.Runner) int {
	if doubtful(r) {
		return runner.ListPoints(len(s.Runners)) + removePoints
	}
	return removePoints
}

// doubtful says whether a runner may be registered otherwise than is known: a try whose answer was
// lost, or that was not stored for a crash, may have made a registration, and that may run a job.
func doubtful(r runner.Runner) bool { return r.GitHubID == 0 || r.Suffix > 1 }

// remove removes a runner on GitHub. The error is [runner.ErrBusy] if it has a job.
func (s *Stage) remove(ctx context.Context, account runner.Account, r runner.Runner) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	scope := runner.Scope{Installation: r.Class.Installation, Repository: r.Class.Scope}
	if !doubtful(r) {
		return s.GitHub.Remove(ctx, account.App, scope, r.GitHubID)
	}
	listed, err := s.GitHub.Runners(ctx, account.App, scope)
	switch {
	case errors.Is(err, runner.ErrGone):
		return nil // nor is there any runner
	case err != nil:
		return err
	}
	var ours []int64
	for _, found := range listed {
		if instance, is := runner.InstanceOf(s.Stack, found.Name); !is || instance != r.Instance {
			continue
		}
		if found.Busy {
			return runner.ErrBusy
		}
		ours = append(ours, found.ID)
	}
	for _, id := range ours {
		if err := s.GitHub.Remove(ctx, account.App, scope, id); err != nil {
			return err
		}
	}
	return nil
}
