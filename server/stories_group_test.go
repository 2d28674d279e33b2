package server_test

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// builders is the runner group of the stories whose runners are registered in an organisation.
const (
	builders     = "big builders"
	orgJITRoute  = "POST /orgs/{org}/actions/runners/generate-jitconfig"
	orgListRoute = "GET /orgs/{org}/actions/runners"
	groupsRoute  = "GET /orgs/{org}/actions/runner-groups"
	repoRunners  = "GET /repos/{owner}/{repo}/actions/runners"
)

func inGroup() option { return config(func(c *server.Config) { c.RunnerGroup = builders }) }

// The jobs of two repositories are of one class, so the runner of either may take both.
func TestRunnersOfAnOrganisationServeAllOfItsRepositories(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.hub.Group("octo", builders)
		w.run()
		time.Sleep(time.Second)
		for range 3 {
			w.queueIn(repository, small)
			w.queueIn("Octo/other", small)
		}
		w.settle(5 * time.Minute)
		w.wantSucceeded(6)
		w.wantLaunched(6)
		calls := w.hub.Books().Calls
		if calls[orgJITRoute] != 6 || calls[jitRoute] != 0 || calls[groupsRoute] != 2 {
			t.Errorf("got calls %v, want 6 JIT configs in the organisation, and the group asked for once a repository", calls)
		}
	}, inGroup())
}

// Webhooks that are lost are found by the sweep, in every repository; the runners are listed in the
// organisation, and nowhere else.
func TestTheSweepListsTheRunnersOfAnOrganisation(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.hub.Group("octo", builders)
		w.run()
		w.queueIn(repository, small)
		w.queueIn("Octo/other", small)
		w.settle(20 * time.Minute)
		w.wantSucceeded(2)
		calls := w.hub.Books().Calls
		if calls[orgListRoute] == 0 || calls[repoRunners] != 0 {
			t.Errorf("got calls %v, want the organisation's runners listed, and no repository's", calls)
		}
	}, inGroup(), losing("queued", "in_progress", "completed"), patient(10*time.Minute))
}

// Nothing is launched into a group that is not there; within two minutes of its making all goes on.
func TestWithoutItsRunnerGroupJobsWaitAndSomebodyIsTold(t *testing.T) {
	var alerts told
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		time.Sleep(30 * time.Minute)
		w.wantParked(3, runner.NoGroup("octo", builders))
		w.wantLaunched(0)
		alerts.wantOne(t)
		w.hub.Group("octo", builders)
		w.settle(3 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, inGroup(), alerting(&alerts))
}

// The group is deleted after it was asked for: what was launched for it meanwhile is given up, and no job
// is lost.
func TestARunnerGroupThatIsDeletedLosesNoJob(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.hub.Group("octo", builders)
		w.run()
		w.queueIn(repository, small)
		w.settle(5 * time.Minute)
		w.hub.Ungroup("octo", builders)
		id := w.queueIn(repository, small)
		time.Sleep(time.Hour)
		if job := w.job(id); job.State != runner.JobQueued || job.Reason != runner.NoGroup("octo", builders) || job.Attempts != 0 {
			t.Errorf("the job is %s after %d attempts, told %q, want it to wait for its group", job.State, job.Attempts, job.Reason)
		}
		if left := w.cloud.Books().Left; left != 0 {
			t.Errorf("%d instances are left", left)
		}
		w.hub.Group("octo", builders)
		w.settle(5 * time.Minute)
		w.wantSucceeded(2)
	}, inGroup())
}

// GitHub gives the runners of a group no jobs of a repository that it does not allow, and says nothing of
// that to anybody. So nothing is launched, the job is told, and others are served beside it.
func TestARepositoryThatTheRunnerGroupDoesNotAllowIsToldSo(t *testing.T) {
	var alerts told
	story(t, func(t *testing.T, w *world) {
		w.hub.Group("octo", builders, "octo/other")
		w.run()
		time.Sleep(time.Second)
		barred := w.queueIn(repository, small)
		w.queueIn("octo/other", small)
		time.Sleep(10 * time.Minute)
		if job := w.job(barred); job.State != runner.JobQueued || job.Reason != runner.Barred(repository, builders) {
			t.Errorf("the job is %s, told %q, want it to wait for its repository to be allowed", job.State, job.Reason)
		}
		if got := w.hub.Books().Concluded(localhub.Success); got != 1 {
			t.Errorf("%d jobs succeeded, want the other repository's", got)
		}
		w.wantLaunched(1)
		alerts.wantOne(t)
		w.hub.Group("octo", builders, "octo/other", repository)
		w.settle(3 * time.Minute)
		w.wantSucceeded(2)
		w.wantLaunched(2)
	}, inGroup(), alerting(&alerts))
}

// A group takes no jobs of public repositories until somebody allows that in its settings.
func TestAPublicRepositoryIsToldThatTheRunnerGroupDoesNotAllowIt(t *testing.T) {
	public := config(func(c *server.Config) { c.AllowPublic, c.AllowForks = true, true })
	story(t, func(t *testing.T, w *world) {
		w.hub.Group("octo", builders)
		w.hub.Share(repository, true)
		w.run()
		time.Sleep(time.Second)
		id := w.queueIn(repository, small)
		time.Sleep(5 * time.Minute)
		if job := w.job(id); job.Reason != runner.Barred(repository, builders) {
			t.Errorf("the job is told %q, want that its repository is not allowed", job.Reason)
		}
		w.wantLaunched(0)
		w.hub.Cancel(id)
		w.settle(time.Minute)
	}, inGroup(), public)
}
