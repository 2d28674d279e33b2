package server_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

// GitHub answers nothing for two hours. What was launched before is given up, nothing more is launched
// until GitHub answers again, and no attempt of a job is used up by that.
func TestAnOutageOfGitHubForTwoHoursLosesNoJob(t *testing.T) {
	outage := hubFaults(localhub.Faults{Outages: []localhub.Span{{From: 500 * time.Millisecond, Until: 2 * time.Hour}}})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		time.Sleep(time.Hour)
		w.wantParked(3, runner.GitHubDown("octo"))
		time.Sleep(time.Hour)
		w.settle(5 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3 + 3)
	}, outage)
}

// wantParked wants so many jobs to wait for GitHub alone: told so, with no attempt used up, and no
// instance that waits with them.
func (w *world) wantParked(jobs int, why runner.Reason) {
	w.t.Helper()
	told := 0
	for _, entry := range w.hub.Books().Jobs {
		if job := w.job(entry.ID); job.Reason == why && job.Attempts == 0 {
			told++
		}
	}
	if left := w.cloud.Books().Left; told != jobs || left != 0 {
		w.t.Errorf("%d jobs are told %q and have all their attempts, want %d; %d instances are up, want none", told, why, jobs, left)
	}
}

// closedTo is a GitHub that an App may not use for runners, until it is opened.
type closedTo struct {
	server.GitHub
	answer func(app int64) error
}

func (c closedTo) JITConfig(ctx context.Context, app int64, class runner.Class, name string) (int64, secret.Text, error) {
	if err := c.answer(app); err != nil {
		return 0, secret.Text{}, err
	}
	return c.GitHub.JITConfig(ctx, app, class, name)
}

func (c closedTo) Runners(ctx context.Context, app int64, scope runner.Scope) ([]runner.Registered, error) {
	if err := c.answer(app); err != nil {
		return nil, err
	}
	return c.GitHub.Runners(ctx, app, scope)
}

func closed(answer func(app int64) error) option {
	return seams(func(s *server.Seams) { s.GitHub = closedTo{s.GitHub, answer} })
}

// The App's permission was taken away. Whoever runs the stack is told once an hour, no job is lost, and
// within two minutes of its return all goes on.
func TestWhereGitHubDeniesTheAppJobsWaitAndSomebodyIsTold(t *testing.T) {
	var alerts told
	denied := true
	answer := func(int64) error {
		if denied {
			return fmt.Errorf("403: %w", runner.ErrDenied)
		}
		return nil
	}
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		time.Sleep(30 * time.Minute)
		w.wantParked(3, runner.GitHubDenies("octo"))
		alerts.wantOne(t)
		before := len(w.cloud.Instances()) // a webhook may come when the first has been denied
		if before < 1 || before > 3 {
			t.Errorf("%d instances were launched while GitHub denied, want one for each job at most", before)
		}
		denied = false
		w.settle(3 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(before + 3)
	}, closed(answer), alerting(&alerts))
}

// Five minutes after it was queued, for GitHub may say so by mistake. Once the App is installed that is
// found out within ten.
func TestAJobOfARepositoryWithoutOurAppIsRefused(t *testing.T) {
	installed := false
	answer := func(int64) error {
		if !installed {
			return fmt.Errorf("404: %w", runner.ErrGone)
		}
		return nil
	}
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(6 * time.Minute)
		if job := w.job(id); job.State != runner.JobRefused || job.Reason != runner.NotInstalled(repository) {
			t.Errorf("the job is %s, told %q, want it refused because the App is not installed", job.State, job.Reason)
		}
		if left := w.cloud.Books().Left; left != 0 {
			t.Errorf("%d instances are left", left)
		}
		w.wantLaunched(1)
		w.hub.Cancel(id)
		installed = true
		next := w.queueIn(repository, small)
		w.settle(11 * time.Minute)
		if entry := w.entry(next); entry.Conclusion != localhub.Success {
			t.Errorf("with the App installed the next job ended with %q", entry.Conclusion)
		}
	}, closed(answer))
}

func TestAnAppThatMayNotLeavesItToAnother(t *testing.T) {
	for _, refusal := range []error{runner.ErrDenied, runner.ErrGone} {
		var first int64
		answer := func(app int64) error {
			if app == first {
				return fmt.Errorf("no: %w", refusal)
			}
			return nil
		}
		two := option{hub: func(c *localhub.Config) { c.Apps = 2 }}
		story(t, func(_ *testing.T, w *world) {
			first = w.hub.Apps()[0].ID
			w.run()
			w.queueJobs(20, small)
			w.settle(time.Minute)
			w.wantSucceeded(20)
			w.wantLaunched(20)
		}, two, closed(answer))
	}
}
