package githubapp

import (
	"context"
	"fmt"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// actions is the webhook's action that tells of a job in a status.
// Source: docs.github.com, "REST API endpoints for workflow jobs".
var actions = map[string]string{
	"queued": "queued", "requested": "queued", "pending": "queued",
	"waiting": "waiting", "in_progress": "in_progress", "completed": "completed",
}

// Job reads one job, as a webhook would tell of it now. It costs a point. The error is
// [runner.ErrGone] if there is no such job.
func (c *Client) Job(ctx context.Context, app int64, scope runner.Scope, id int64) (event runner.JobEvent, err error) {
	err = c.within(ctx, app, scope, reading, fmt.Sprintf("job %d", id), func(api *github.Client, where place) error {
		job, _, err := api.Actions.GetWorkflowJobByID(ctx, where.owner, where.name, id)
		if err != nil {
			return err
		}
		event = eventOf(job, scope)
		if event.ID != id || event.Action == "" {
			return fmt.Errorf("GitHub's answer has id %d and status %q, no job in a status that we know", event.ID, job.GetStatus())
		}
		return nil
	})
	if err != nil {
		return runner.JobEvent{}, err
	}
	return event, nil
}

// eventOf is a job as a webhook would tell of it. A status that we do not know gives no action.
func eventOf(job *github.WorkflowJob, scope runner.Scope) runner.JobEvent {
	return runner.JobEvent{
		Action: actions[job.GetStatus()],
		ID:     job.GetID(), RunID: job.GetRunID(), RunAttempt: int(max(1, job.GetRunAttempt())),
		Name: job.GetName(), Workflow: job.GetWorkflowName(), Labels: job.Labels,
		RunnerName: job.GetRunnerName(), Conclusion: job.GetConclusion(), CreatedAt: job.GetCreatedAt().Time,
		Repository: scope.Repository, Installation: scope.Installation,
	}
}
