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

// unfinished are the statuses of runs that have jobs to come, in the order in which a run goes through
// them: one that moves on while we read is seen twice rather than never.
var unfinished = []string{"requested", "pending", "waiting", "queued", "in_progress"}

// scan reads the unfinished jobs of one repository.
type scan struct {
	api    *github.Client
	where  place
	most   int // points to spend
	found  runner.Reading
	failed error // the first
	row    int   // of calls that failed, one after the other
}

// Unfinished reads the jobs of a repository that are not completed, as webhooks would tell of them
// now. With the etag of an earlier reading it asks only whether there is any change since: if not,
// that costs no point. Otherwise it costs one for each page of runs in each of five statuses, one for
// each page of a run's jobs, and one for the change.
//
// Of many calls one may fail, so what was read in spite of that comes with the error. Two failures in a
// row end the reading, as does a limit. If there are more runs than points to spend, the reading begins
// after the one where the last ended, so that all have their turn.
func (c *Client) Unfinished(ctx context.Context, app int64, watch runner.Watch, most int) (runner.Reading, error) {
	var found runner.Reading
	err := c.within(ctx, app, watch.Scope, reading, "unfinished jobs of "+watch.Scope.Repository.FullName, func(api *github.Client, where place) error {
		s := scan{api: api, where: where, most: most}
		if runs, changed := s.runs(ctx, watch.ETag); changed {
			s.jobs(ctx, following(runs, watch.After), watch.Scope)
		}
		found = s.found
		return s.failed
	})
	if err != nil || len(found.Unread) > 0 {
		found.ETag = ""
	}
	return found, err
}

// following are sorted runs, those first that come after one.
func following(runs []int64, after int64) []int64 {
	i, _ := slices.BinarySearch(runs, after+1)
	return slices.Concat(runs[i:], runs[:i])
}

// ends says whether the outcome of a call is the end of the reading.
func (s *scan) ends(err error) bool {
	if err == nil {
		s.row = 0
		return false
	}
	s.row++
	if s.failed == nil {
		s.failed = err
	}
	var limit *runner.LimitError
	return s.row > 1 || errors.As(err, &limit)
}

// runs lists the unfinished runs, none twice, if anything has changed. The tags of the listings travel
// as one.
func (s *scan) runs(ctx context.Context, etag string) (runs []int64, changed bool) {
	if etag != "" {
		changed, err := s.changed(ctx, strings.Split(etag, " "))
		if s.ends(err) || !changed {
			s.found.ETag = etag
			return nil, false
		}
	}
	var tags []string
	for _, status := range unfinished {
		for page := 1; page != 0; {
			listed, response, err := s.page(ctx, status, page, "")
			if s.ends(err) {
				return nil, false
			}
			if err != nil {
				break
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
	s.found.ETag = strings.Join(tags, " ")
	slices.Sort(runs)
	return slices.Compact(runs), true
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
		s.found.Points++
	}
	return listed, response, err
}

// jobs reads the jobs of runs, as far as the points go.
func (s *scan) jobs(ctx context.Context, runs []int64, scope runner.Scope) {
	s.found.Jobs = []runner.JobEvent{}
	for i, run := range runs {
		if s.found.Points >= s.most {
			s.found.Unread = append(s.found.Unread, runs[i:]...)
			return
		}
		s.found.After = run
		err := s.jobsOf(ctx, run, scope)
		if err != nil {
			s.found.Unread = append(s.found.Unread, run)
		}
		if s.ends(err) {
			s.found.Unread = append(s.found.Unread, runs[i+1:]...)
			return
		}
	}
	s.found.After = 0
}

// jobsOf reads the jobs of one run.
func (s *scan) jobsOf(ctx context.Context, run int64, scope runner.Scope) error {
	options := &github.ListWorkflowJobsOptions{Filter: "latest", ListOptions: github.ListOptions{PerPage: perPage, Page: 1}}
	for options.Page != 0 {
		s.found.Points++
		page, response, err := s.api.Actions.ListWorkflowJobs(ctx, s.where.owner, s.where.name, run, options)
		if statusOf(err) == http.StatusNotFound {
			return nil // deleted meanwhile, and its jobs with it
		}
		if err != nil {
			return fmt.Errorf("run %d: %w", run, err)
		}
		for _, job := range page.Jobs {
			if event := eventOf(job, scope); event.Action != "" && event.Action != "completed" {
				s.found.Jobs = append(s.found.Jobs, event)
			}
		}
		options.Page = response.NextPage
	}
	return nil
}
