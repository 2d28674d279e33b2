package githubapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// well are the conclusions of jobs after which nobody would run them again.
var well = []string{"success", "skipped", "neutral"}

// Outcome is how a run stands. It costs a point, and if the run has ended one more for each hundred of its
// jobs. The error is [runner.ErrGone] if there is no such run.
func (c *Client) Outcome(ctx context.Context, app int64, scope runner.Scope, run int64) (outcome runner.RunOutcome, err error) {
	err = c.within(ctx, app, scope, reading, fmt.Sprintf("outcome of run %d", run), func(api *github.Client, where place) error {
		found, _, err := api.Actions.GetWorkflowRunByID(ctx, where.owner, where.name, run)
		if err != nil {
			return err
		}
		if found.GetID() != run || found.GetRunAttempt() < 1 || found.GetStatus() == "" {
			return errors.New("GitHub's answer has not this id, or no run_attempt, or no status")
		}
		outcome = runner.RunOutcome{
			Attempt: found.GetRunAttempt(), Ended: found.GetStatus() == "completed", Cancelled: found.GetConclusion() == "cancelled",
		}
		if !outcome.Ended {
			return nil
		}
		outcome.Failed, err = failedOf(ctx, api, where, scope, run)
		return err
	})
	return outcome, err
}

// failedOf are the jobs of a run that ended neither well nor skipped.
func failedOf(ctx context.Context, api *github.Client, where place, scope runner.Scope, run int64) (failed []runner.JobEvent, err error) {
	options := &github.ListWorkflowJobsOptions{Filter: "latest", ListOptions: github.ListOptions{PerPage: perPage, Page: 1}}
	for options.Page != 0 {
		page, response, err := api.Actions.ListWorkflowJobs(ctx, where.owner, where.name, run, options)
		if err != nil {
			return nil, err
		}
		for _, job := range page.Jobs {
			if !slices.Contains(well, job.GetConclusion()) {
				failed = append(failed, eventOf(job, scope))
			}
		}
		options.Page = response.NextPage
	}
	return failed, nil
}

// RerunJob runs a job of a run that has ended again, and all that need it. It costs 5 points, and takes an
// App that may write actions: one that may not gets [runner.ErrDenied] or [runner.ErrRejected]. The error is
// [runner.ErrNotEnded] while the run goes on, which may be because somebody else runs it again.
func (c *Client) RerunJob(ctx context.Context, app int64, scope runner.Scope, job int64) error {
	return c.rerun(ctx, app, scope, fmt.Sprintf("rerun of job %d", job), func(api *github.Client, where place) error {
		_, err := api.Actions.RerunJobByID(ctx, where.owner, where.name, job)
		return err
	})
}

// RerunFailed runs all jobs of a run again that failed, and all that need them, as [Client.RerunJob] does one.
func (c *Client) RerunFailed(ctx context.Context, app int64, scope runner.Scope, run int64) error {
	return c.rerun(ctx, app, scope, fmt.Sprintf("rerun of the failed jobs of run %d", run), func(api *github.Client, where place) error {
		_, err := api.Actions.RerunFailedJobsByID(ctx, where.owner, where.name, run)
		return err
	})
}

// running is what GitHub says, with 403, of a run that has not ended.
// Source: RunsOn's notes on its reruns, which wait for the end of the run for that reason.
const running = "already running"

func (c *Client) rerun(ctx context.Context, app int64, scope runner.Scope, what string, call func(*github.Client, place) error) error {
	return c.within(ctx, app, scope, steering, what, func(api *github.Client, where place) error {
		err := call(api, where)
		var answered *github.ErrorResponse
		if statusOf(err) == http.StatusForbidden && errors.As(err, &answered) && strings.Contains(answered.Message, running) {
			return runner.ErrNotEnded
		}
		return err
	})
}
