package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// jobs reads the jobs of the repositories in which something may be wrong, and now and then of all.
func (l *look) jobs(ctx context.Context) error {
	for _, watch := range l.snapshot.Sweeps.Watched {
		if watch.Scope.Repository.IsOrganisation() {
			continue // its jobs are its repositories'
		}
		doubtful := l.doubtful(watch)
		why, _ := l.snapshot.Buckets.Stuck(l.Apps, watch.Scope.Repository.FullName)
		isDue := why.Kind == runner.ReasonGitHubDown || // asking is how to find out that it is over
			why.Kind != runner.ReasonNotInstalled && l.snapshot.Now.Sub(watch.ReadAt) >= l.Quiet
		if len(doubtful) == 0 && !isDue {
			continue
		}
		if len(doubtful) > 0 {
			watch.ETag = "" // a run's jobs may change and its listing not
		}
		if err := l.read(ctx, watch, doubtful); err != nil {
			return err
		}
	}
	return nil
}

// doubtful are the jobs of a repository whose state may have changed and nobody told. One that waits for
// an approval may do so for weeks, and is not asked after every minute.
func (l *look) doubtful(watch runner.Watch) []runner.Job {
	repository, isQuiet := watch.Scope.Repository, l.snapshot.Now.Sub(watch.ReadAt) < l.Quiet
	why, _ := l.snapshot.Buckets.Stuck(l.Apps, repository.FullName)
	var doubtful []runner.Job
	for _, job := range l.snapshot.Jobs {
		if why.Kind == runner.ReasonNotInstalled && job.State == runner.JobQueued {
			continue // GitHub would say the same, and the scheduler tells the job
		}
		if job.Repository.FullName != repository.FullName || l.snapshot.Now.Sub(job.Stamps[job.State]) < l.Every {
			continue
		}
		if job.State == runner.JobWaiting && isQuiet && watch.ReadAt.After(job.Stamps[job.State]) {
			continue
		}
		if job.State != runner.JobRunning || !l.runs(job) {
			doubtful = append(doubtful, job)
		}
	}
	return doubtful
}

// runs says whether the runner that a job is on is there and at work.
func (l *look) runs(job runner.Job) bool {
	instance, ours := runner.InstanceOf(l.Stack, job.Runner)
	return ours && l.snapshot.Runners[instance].State == runner.RunnerBusy
}

// readPoints is what reading a repository costs at least: a listing in each of five statuses, and the
// jobs of one run.
const readPoints = 6

// read reads the unfinished jobs of a repository; a doubtful job that is not among them is read by
// itself.
func (l *look) read(ctx context.Context, watch runner.Watch, doubtful []runner.Job) error {
	name := watch.Scope.Repository.FullName
	app, points := l.readable(name)
	if points < readPoints {
		l.unread[name] = true
		return nil
	}
	found, failure := l.GitHub.Unfinished(ctx, app, watch, points)
	if err := l.pay(ctx, app, name, runner.LaneReads, found.Points); err != nil {
		return err
	}
	if failure != nil {
		if err := l.failed(ctx, "read all the jobs of "+name, failure); err != nil {
			return err
		}
	} else if err := l.answers(ctx, app, name, runner.TroubleDown); err != nil {
		return err
	}
	there, err := l.hear(ctx, found)
	if err != nil {
		return err
	}
	// Only now that it is applied: whoever comes after a crash would hear that nothing has changed.
	watch.ETag, watch.After = found.ETag, found.After
	if failure == nil && len(found.Unread) == 0 {
		watch.ReadAt = l.snapshot.Now.UTC()
	}
	if err := l.store(ctx, l.snapshot.Sweeps.With(watch)); err != nil {
		return err
	}
	for _, job := range doubtful {
		switch {
		case there[job.ID]:
		case slices.Contains(found.Unread, job.RunID):
			l.unread[name] = true
		default:
			if err := l.readOne(ctx, watch.Scope, job); err != nil {
				return err
			}
		}
	}
	return nil
}

// hear applies what a reading found.
func (l *look) hear(ctx context.Context, found runner.Reading) (there map[int64]bool, err error) {
	there = map[int64]bool{}
	var events []runner.Event
	for _, job := range found.Jobs {
		there[job.ID] = true
		if l.ours(job) {
			events = append(events, l.heard(job))
		}
	}
	return there, l.facts(ctx, events...)
}

func (l *look) readOne(ctx context.Context, scope runner.Scope, job runner.Job) error {
	name := scope.Repository.FullName
	app, points := l.readable(name)
	if points == 0 {
		l.unread[name] = true
		return nil
	}
	if err := l.pay(ctx, app, name, runner.LaneReads, 1); err != nil {
		return err
	}
	found, err := l.GitHub.Job(ctx, app, scope, job.ID)
	if errors.Is(err, runner.ErrNotInstalled) {
		if err := l.store(ctx, l.snapshot.Buckets.Absent(app, name)); err != nil {
			return err
		}
		if why, _ := l.snapshot.Buckets.Stuck(l.Apps, name); why.Kind != runner.ReasonNotInstalled || job.State == runner.JobQueued {
			return nil // another App may know it; and one that is queued is told after a while
		}
	}
	switch {
	case errors.Is(err, runner.ErrGone):
		if refused, err := job.To(runner.JobRefused, l.snapshot.Now, runner.Gone()); err == nil {
			return l.store(ctx, refused)
		}
		found = runner.JobEvent{Action: "completed", ID: job.ID, Conclusion: "gone"}
	case err != nil:
		l.unread[name] = true
		return l.failed(ctx, "read a job", err)
	}
	return l.facts(ctx, l.heard(found))
}

// ours says whether a job asks for a runner of ours, or took one: a repository has other jobs too.
func (l *look) ours(job runner.JobEvent) bool {
	_, tookOurs := runner.InstanceOf(l.Stack, job.RunnerName)
	return tookOurs || labels.Ours(job.Labels)
}

// heard is a job that was read, as the webhook that should have come.
func (l *look) heard(job runner.JobEvent) runner.Event {
	return runner.Event{ID: "sweep", At: time.Now().UTC(), Source: runner.SourceWebhook, Job: &job}
}
