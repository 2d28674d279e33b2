package lifecycle

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// fellSilent is the conclusion that GitHub gives a job whose runner fell silent.
// Source: docs.github.com, "Monitoring and troubleshooting self-hosted runners".
const fellSilent = "failure"

// again is what its end means for a job that was interrupted: what it is told, and the intent to run it
// again. One that deploys does not run again: nobody knows how far the deployment got.
func (r Rules) again(known Known, job runner.Job, at time.Time) (why runner.Reason, intent []runner.Item) {
	if !known.Runner.Interrupted() || job.Conclusion == "success" {
		return runner.NoReason(), nil
	}
	if not := r.notAgain(known, job); not != "" {
		return runner.NotRerun(not), nil
	}
	rerun, isNew := known.Rerun.With(job, at)
	if !isNew {
		return runner.NotRerun("its run was begun again meanwhile"), nil
	}
	return runner.AwaitsRerun(), []runner.Item{rerun}
}

// notAgain is why an interrupted job does not run again; empty if it does.
func (r Rules) notAgain(known Known, job runner.Job) string {
	switch {
	case job.Conclusion != fellSilent:
		return "it ended as " + job.Conclusion
	case !r.retries(job):
		return "its label says so (retry=false, or spot=false)"
	case known.Rerun.Knows(job.Name):
		return "it did so once"
	case job.Deploys == runner.Yes:
		return "it deploys to an environment"
	case job.Deploys == runner.Unsaid:
		return "GitHub has not said whether it deploys to an environment"
	}
	return ""
}

// retries says whether a job's label lets it run again. Of a job that was never heard of as queued, only
// the label says so.
func (r Rules) retries(job runner.Job) bool {
	if _, queued := job.Stamps[runner.JobQueued]; queued {
		return job.Retry
	}
	terms, _ := r.Terms(job.Class.Labels)
	return terms.Retry
}

// onDemand is a job that runs again: nothing is to interrupt it twice, whatever its label says.
func onDemand(job runner.Job, rerun runner.Rerun) runner.Job {
	if job.RunAttempt > rerun.Attempt && rerun.Knows(job.Name) {
		job.Shape, job.Again = job.Shape.OnDemand(), true
	}
	return job
}
