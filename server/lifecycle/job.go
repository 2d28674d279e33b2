package lifecycle

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// job applies a workflow_job webhook.
func (r Rules) job(known Known, e runner.JobEvent, at time.Time) []runner.Item {
	job := known.Job
	if job.State == runner.JobUnknown {
		job = r.newJob(e)
	}
	if e.Old {
		return old(job, at)
	}
	if job.Deploys != runner.Yes && e.Deploys != runner.Unsaid {
		job.Deploys = e.Deploys
	}
	switch e.Action {
	case "queued":
		return r.queued(job, known.Rerun, e, at)
	case "waiting":
		waiting, err := job.To(runner.JobWaiting, at, runner.NoReason())
		return changed(nil, waiting, err)
	case "in_progress":
		return inProgress(job, known.Runner, e, at)
	case "completed":
		return r.completed(job, known, e, at)
	}
	return nil
}

func (r Rules) newJob(e runner.JobEvent) runner.Job {
	scope := e.Repository
	if r.Group != "" {
		scope = runner.Organisation(e.Repository.Owner())
	}
	return runner.Job{
		ID: e.ID, RunID: e.RunID, RunAttempt: e.RunAttempt, Repository: e.Repository,
		Origin: e.Origin, Name: e.Name, Workflow: e.Workflow, CreatedAt: e.CreatedAt.UTC(),
		Class: runner.Class{Installation: e.Installation, Scope: scope, Group: r.Group, Labels: runner.CanonicalLabels(e.Labels)},
	}
}

// old: somebody says that a job waits, so late that GitHub may have given it up. A job that is known
// is none the wiser. Another is taken for waiting, since now: the next sweep asks GitHub about every
// such job, and only what GitHub says makes it queued.
func old(job runner.Job, at time.Time) []runner.Item {
	if job.State != runner.JobUnknown {
		return nil
	}
	job.CreatedAt = at.UTC()
	waiting, err := job.To(runner.JobWaiting, at, runner.NoReason())
	return changed(nil, waiting, err)
}

func (r Rules) queued(job runner.Job, rerun runner.Rerun, e runner.JobEvent, at time.Time) []runner.Item {
	terms, refused := r.Terms(e.Labels)
	job.Shape, job.Retry, job.SSH = terms.Shape, terms.Retry, terms.SSH
	if untrusted, _ := r.Trust.Judge(&job); untrusted != runner.NoReason() {
		refused = untrusted
	}
	if refused != runner.NoReason() {
		job, err := job.To(runner.JobRefused, at, refused)
		return changed(nil, job, err)
	}
	job, err := onDemand(job, rerun).To(runner.JobQueued, at, terms.Warning)
	return changed(nil, job, err)
}

// inProgress: a runner took the job. Its name says which.
func inProgress(job runner.Job, took runner.Runner, e runner.JobEvent, at time.Time) []runner.Item {
	job.Runner = e.RunnerName
	running, err := job.To(runner.JobRunning, at, runner.NoReason())
	items := changed(nil, running, err)
	if took.Instance == "" {
		return items
	}
	newlyBound := took.Job != job.ID
	took.Job, took.Run = job.ID, job.RunID
	if busy, err := took.Take(at); err == nil {
		return append(items, busy)
	}
	if newlyBound {
		return append(items, took)
	}
	return items
}

// completed: the job ended. The runner that it names, if any, has had its one job.
// One that was refused and never had a runner has ended for us already, with a reason that says more.
func (r Rules) completed(job runner.Job, known Known, e runner.JobEvent, at time.Time) []runner.Item {
	if job.State == runner.JobRefused && e.RunnerName == "" {
		return nil
	}
	job.Conclusion = e.Conclusion
	if e.RunnerName != "" {
		job.Runner = e.RunnerName
	}
	why, again := r.again(known, job, at)
	done, err := job.To(runner.JobCompleted, at, why)
	items := changed(nil, done, err)
	if err == nil {
		items = append(items, again...)
	}
	took := known.Runner
	if took.Instance == "" {
		return items
	}
	took.Job, took.Run = job.ID, job.RunID
	finished, err := took.To(runner.RunnerFinished, at, runner.JobEnded(job.ID))
	return changed(items, finished, err)
}
