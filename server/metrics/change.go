package metrics

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Of is what is observed as an item is stored, given all that was unfinished before it.
func Of(before runner.Snapshot, item runner.Item) []Observation {
	switch item := item.(type) {
	case runner.Job:
		return ofJob(before.Jobs[item.ID], item)
	case runner.Rerun:
		return ofRerun(before.Reruns[item.Run], item)
	case runner.Runner:
		was, known := before.Runners[item.Instance]
		switch {
		case known:
			return ofRunner(was, item)
		case item.Live() && item.State == runner.RunnerLaunching:
			return append(ofLaunched(before.Launches[item.Launch], item), ofRunner(was, item)...)
		case item.Live():
			return ofRunner(was, item)
		}
	}
	return nil
}

// left is the outcome of a rerun that was none.
const left = "left"

func ofRerun(was, rerun runner.Rerun) []Observation {
	if was.Run == 0 || !rerun.Settled {
		return nil
	}
	outcome := left
	if rerun.Asked {
		outcome = done
	}
	return []Observation{{reruns, float64(len(rerun.Jobs)), []string{outcome}}}
}

func ofJob(was, job runner.Job) (o []Observation) {
	if was.DecidedAt.IsZero() {
		o = append(o, inPhase(decided, job.Stamps[runner.JobQueued], job.DecidedAt)...)
	}
	if was.State == job.State {
		if job.State == runner.JobQueued && was.Reason != job.Reason {
			o = append(o, one(jobWaits, string(job.Reason.Kind)))
		}
		return o
	}
	o = append(o, one(jobMoves, string(job.State), string(job.Reason.Kind)))
	switch job.State {
	case runner.JobRunning:
		taken, queued := job.Stamps[runner.JobRunning], job.Stamps[runner.JobQueued]
		o = append(o, took(internalQueue, queued, taken)...)
		o = append(o, took(overallQueue, latest(job.CreatedAt, approved(job)), taken)...)
	case runner.JobCompleted:
		o = append(o, one(jobsCompleted, job.Conclusion))
		o = append(o, took(jobDuration, job.Stamps[runner.JobRunning], job.Stamps[runner.JobCompleted], job.Conclusion)...)
	default:
	}
	return o
}

// approved is when a job that had to wait for an approval had it; zero of one that had not.
func approved(job runner.Job) time.Time {
	if job.Stamps[runner.JobWaiting].IsZero() {
		return time.Time{}
	}
	return job.Stamps[runner.JobQueued]
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func ofLaunched(launch runner.Launch, r runner.Runner) []Observation {
	return append(
		inPhase(launchedPhase, launch.DecidedAt, r.Stamps[runner.RunnerLaunching]),
		one(launched, string(r.Offering.Capacity)),
	)
}

func ofRunner(was, r runner.Runner) (o []Observation) {
	if was.State != r.State {
		o = append(o, one(runnerMoves, string(r.State), string(r.Reason.Kind)))
		switch r.State {
		case runner.RunnerBooting:
			o = append(o, inPhase(assigned, r.Stamps[runner.RunnerLaunching], r.Stamps[runner.RunnerBooting])...)
		case runner.RunnerTerminated:
			o = append(o, inPhase(terminated, r.Stamps[was.State], r.Stamps[runner.RunnerTerminated])...)
		default:
		}
	}
	if interrupted(r) && !interrupted(was) {
		o = append(o, one(interruptions))
	}
	return append(o, ofTimings(was.Timings, r.Timings)...)
}

// interrupted says whether EC2 takes a runner's instance back, whatever state that brought it to.
func interrupted(r runner.Runner) bool {
	return r.State == runner.RunnerInterrupted || r.Leaving.Kind == runner.ReasonInterrupted || r.Reason.Kind == runner.ReasonInterrupted
}

func one(name string, labels ...string) Observation {
	return Observation{Name: name, Value: 1, Labels: labels}
}

// took is a time that something took; none if an end of it is not known. Where two clocks differ, it
// is never less than nothing.
func took(name string, from, to time.Time, labels ...string) []Observation {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	return []Observation{{Name: name, Value: max(0, to.Sub(from).Seconds()), Labels: labels}}
}
