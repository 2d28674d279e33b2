package githubapp

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// unfinished are the statuses of runs that have jobs to come, in the order in which a run goes through
// them: one that moves on while we read is seen twice rather than never.
var unfinished = []string{"requested", "pending", "waiting", "queued", "in_progress"}

// scan reads the unfinished jobs of one repository.
type scan struct {
	api   *github.Client
	where place
	calls int // that cost a point
}

// Unfinished reads every job of a repository that is not completed, as webhooks would tell of them
// now. An etag of an earlier answer asks only whether there is any change since: if not, jobs is nil,
// newETag is etag, and no point is spent. Otherwise calls is how many points it cost, also where it
// failed: one for each page of runs in each of five statuses, one for each page of a run's jobs, and
// one for the change.
func (c *Client) Unfinished(ctx context.Context, app int64, scope runner.Scope, etag string) (jobs []runner.JobEvent, newETag string, calls int, err error) {
	err = c.within(ctx, app, scope, reading, "unfinished jobs of "+scope.Repository.FullName, func(api *github.Client, where place) error {
		s := scan{api: api, where: where}
		defer func() { calls = s.calls }()
		runs, tags, err := s.runs(ctx, etag)
		newETag = tags
		if err != nil || runs == nil {
			return err
		}
		jobs, err = s.jobs(ctx, runs, scope)
		return err
	})
	if err != nil {
		return nil, "", calls, err
	}
	return jobs, newETag, calls, nil
}

// runs lists the unfinished runs, none twice. It is nil if nothing changed. The tags of the listings
// travel as one.
func (s *scan) runs(ctx context.Context, etag string) (runs []int64, newETag string, err error) {
	if etag != "" {
		changed, err := s.changed(ctx, strings.Split(etag, " "))
		if err != nil || !changed {
			return nil, etag, err
		}
	}
	runs = []int64{}
	var tags []string
	for _, status := range unfinished {
		for page := 1; page != 0; {
			listed, response, err := s.page(ctx, status, page, "")
			if err != nil {
				return nil, "", err
			}
			if page == 1 {
				tags = append(tags, strings.ReplaceAll(response.Header.Get("ETag"), " ", ""))
			}
			for _, run := range listed.WorkflowRuns {
				runs = append(runs, run.GetID())
			}
			page = response.NextPage
		}
	}
	slices.Sort(runs)
	return slices.Compact(runs), strings.Join(tags, " "), nil
}

// changed asks whether any of the listings has changed. What it pays to hear of a change is one point:
// it stops at the first.
func (s *scan) changed(ctx context.Context, tags []string) (bool, error) {
	if len(tags) != len(unfinished) || slices.Contains(tags, "") {
		return true, nil
	}
	for i, status := range unfinished {
		_, _, err := s.page(ctx, status, 1, tags[i])
		if statusOf(err) != http.StatusNotModified {
			return true, err
		}
	}
	return false, nil
}

// page lists runs in a status. With a tag the answer may be a 304, which is an error that is free.
func (s *scan) page(ctx context.Context, status string, number int, tag string) (*github.WorkflowRuns, *github.Response, error) {
	path := fmt.Sprintf("repos/%s/%s/actions/runs?status=%s&per_page=%d&page=%d", s.where.owner, s.where.name, status, perPage, number)
	request, err := s.api.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, nil, err
	}
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	listed := new(github.WorkflowRuns)
	response, err := s.api.Do(ctx, request, listed)
	if statusOf(err) != http.StatusNotModified {
		s.calls++
	}
	return listed, response, err
}

// jobs lists the jobs of runs that are not completed.
func (s *scan) jobs(ctx context.Context, runs []int64, scope runner.Scope) ([]runner.JobEvent, error) {
	jobs := []runner.JobEvent{}
	for _, run := range runs {
		options := &github.ListWorkflowJobsOptions{Filter: "latest", ListOptions: github.ListOptions{PerPage: perPage, Page: 1}}
		for options.Page != 0 {
			s.calls++
			page, response, err := s.api.Actions.ListWorkflowJobs(ctx, s.where.owner, s.where.name, run, options)
			if statusOf(err) == http.StatusNotFound {
				break // deleted meanwhile, and its jobs with it
			}
			if err != nil {
				return nil, fmt.Errorf("run %d: %w", run, err)
			}
			for _, job := range page.Jobs {
				if event := eventOf(job, scope); event.Action != "" && event.Action != "completed" {
					jobs = append(jobs, event)
				}
			}
			options.Page = response.NextPage
		}
	}
	return jobs, nil
}
