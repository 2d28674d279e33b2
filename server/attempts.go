package server

import (
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/lifecycle"
)

// giveBack gives an attempt back where a runner took a job that no launch was made for: one that is
// not ours, or of which nobody had told us. The launch did what it should, so the job on whose account
// it was made has not come nearer to its last attempt. Which job that was no longer matters: it is
// the one of the class that has tried most often.
func (f *facts) giveBack(known lifecycle.Known, changed []runner.Item) []runner.Item {
	if known.Runner.State == runner.RunnerLaunching && known.Runner.Supplies() { // once: not again when it ends
		if back := f.giveBackStuck(changed); len(back) > 0 {
			return back
		}
	}
	if known.Job.Attempts > 0 || known.Runner.Instance == "" || known.Runner.Job != 0 {
		return nil
	}
	for _, item := range changed {
		if took, ok := item.(runner.Runner); ok && took.Job != 0 {
			return f.oneAttemptLess(took.Class.Key(), took.Job)
		}
	}
	return nil
}

// giveBackStuck gives an attempt back for every runner that is to go because GitHub gave it no JIT config:
// that is nothing a job can do anything about.
func (f *facts) giveBackStuck(changed []runner.Item) (jobs []runner.Item) {
	for _, item := range changed {
		r, is := item.(runner.Runner)
		if !is || r.Supplies() || r.Name != "" || r.Job != 0 {
			continue
		}
		_, stuck := f.snapshot.Buckets.Stuck(f.limits.Apps, r.Class.Scope.FullName)
		if stuck || f.snapshot.Buckets.Against(r.Class, "") != runner.NoReason() {
			less := f.oneAttemptLess(r.Class.Key(), 0)
			f.note(less)
			jobs = append(jobs, less...)
		}
	}
	return jobs
}

func (f *facts) oneAttemptLess(class string, taken int64) []runner.Item {
	var most runner.Job
	for _, job := range f.snapshot.Jobs {
		if job.Attempts == 0 {
			continue // no fact adds one
		}
		if changed, ok := f.latest[job.Key()].(runner.Job); ok {
			job = changed
		}
		older := job.Attempts == most.Attempts && job.ID < most.ID
		if job.State == runner.JobQueued && job.ID != taken && job.Class.Key() == class && (job.Attempts > most.Attempts || older) {
			most = job
		}
	}
	if most.Attempts == 0 {
		return nil
	}
	most.Attempts--
	return []runner.Item{most}
}
