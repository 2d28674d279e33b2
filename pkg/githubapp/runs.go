package githubapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Unended are the jobs of a run that are not completed. It costs a point for each hundred jobs of the
// run; a run that GitHub does not know has none.
func (c *Client) Unended(ctx context.Context, app int64, scope runner.Scope, run int64) ([]runner.JobEvent, error) {
	var jobs []runner.JobEvent
	err := c.within(ctx, app, scope, reading, fmt.Sprintf("jobs of run %d", run), func(api *github.Client, where place) error {
		s := scan{api: api, where: where}
		err := s.jobsOf(ctx, run, scope)
		jobs = s.found.Jobs
		return err
	})
	return jobs, err
}

// Cancel cancels a run. One that has ended already is no error. It costs 5 points, and takes an App
// that may write actions: one that may not gets [runner.ErrDenied] or [runner.ErrRejected].
func (c *Client) Cancel(ctx context.Context, app int64, scope runner.Scope, run int64) error {
	return c.within(ctx, app, scope, cancelling, fmt.Sprintf("cancelling of run %d", run), func(api *github.Client, where place) error {
		_, err := api.Actions.CancelWorkflowRunByID(ctx, where.owner, where.name, run)
		var accepted *github.AcceptedError
		if errors.As(err, &accepted) || statusOf(err) == http.StatusConflict {
			return nil
		}
		return err
	})
}
