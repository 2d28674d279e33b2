package githubapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Origin is where the code of a run comes from. It costs a point. A run whose repository is gone that
// it came from is a fork's. The error is [runner.ErrGone] if there is no such run.
func (c *Client) Origin(ctx context.Context, app int64, scope runner.Scope, run int64) (origin runner.Origin, err error) {
	err = c.within(ctx, app, scope, reading, fmt.Sprintf("origin of run %d", run), func(api *github.Client, where place) error {
		found, _, err := api.Actions.GetWorkflowRunByID(ctx, where.owner, where.name, run)
		if err != nil {
			return err
		}
		own := found.GetRepository()
		if found.GetID() != run || own.GetID() == 0 || own.Private == nil {
			return errors.New("GitHub's answer has not this id, or no repository.id, or no repository.private")
		}
		origin = runner.Origin{
			Public: runner.YesIf(!own.GetPrivate()),
			Fork:   runner.YesIf(found.GetHeadRepository().GetID() != own.GetID()),
		}
		return nil
	})
	return origin, err
}

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
	return c.within(ctx, app, scope, steering, fmt.Sprintf("cancelling of run %d", run), func(api *github.Client, where place) error {
		_, err := api.Actions.CancelWorkflowRunByID(ctx, where.owner, where.name, run)
		var accepted *github.AcceptedError
		if errors.As(err, &accepted) || statusOf(err) == http.StatusConflict {
			return nil
		}
		return err
	})
}
