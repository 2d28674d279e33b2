package admin

import (
	"cmp"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Overview is the stack at one moment, for people.
type Overview struct {
	At        time.Time // as of when
	Now       Now
	Jobs      []Job // unfinished, oldest first; then those that ended lately, the last one first
	Runners   []Runner
	Offerings []Offering
	Budgets   []Budget
	Notices   []runner.Reason // what the operator has to know, though no job waits for it
}

// Now is how many there are of what.
type Now struct {
	Waiting, Queued, Running, Done int // jobs; done lately, however they ended
	Again                          int // jobs that were interrupted, and are to run again once their run has ended
	Booting, Listening             int // runners; booting includes those that wait for their JIT config
}

// Job is one job, for people.
type Job struct {
	ID         int64
	Name       string
	Repository string
	Workflow   string
	Labels     []string // its class
	Shape      string
	State      runner.JobState
	Conclusion string        // of one that is completed
	Why        runner.Reason // why it is where it is
	Position   int           // from 1, among the queued jobs of its class, oldest first; 0 if it is not queued
	Of         int           // how many those are
	Instance   string        // that took it, or else the name of a runner that is none of ours
	Took       time.Duration // since it was first heard of, until its end or now
	Created    time.Time
}

// Status is the job's state, or how it ended, in one word.
func (j Job) Status() string {
	if j.State == runner.JobCompleted {
		return cmp.Or(j.Conclusion, string(j.State))
	}
	return string(j.State)
}

// View is what is known, for people, now.
func View(known Known, now time.Time) Overview {
	v := Overview{At: known.At, Runners: runnersOf(known, now), Offerings: offeringsOf(known, now), Budgets: budgetsOf(known.Budgets, now), Notices: known.Notices}
	instances := instancesOf(known)
	live := inOrder(known.Jobs.Live)
	places := placesOf(live)
	v.Jobs = make([]Job, 0, len(live)+len(known.Jobs.Ended))
	for i, job := range live {
		row := jobOf(job, instances, now)
		row.Position, row.Of = places[i].position, places[i].of()
		v.Jobs = append(v.Jobs, row)
		v.Now.count(job.State)
	}
	for _, job := range slices.Backward(known.Jobs.Ended) {
		v.Jobs = append(v.Jobs, jobOf(job, instances, now))
	}
	v.Now.Done, v.Now.Again = len(known.Jobs.Ended), known.Again
	for _, r := range known.Runners.Live {
		v.Now.countRunner(r.State)
	}
	return v
}

func (n *Now) count(state runner.JobState) {
	switch state {
	case runner.JobWaiting:
		n.Waiting++
	case runner.JobQueued:
		n.Queued++
	case runner.JobRunning:
		n.Running++
	default: // ended, and so not among the live
	}
}

func (n *Now) countRunner(state runner.RunnerState) {
	switch state {
	case runner.RunnerLaunching, runner.RunnerBooting:
		n.Booting++
	case runner.RunnerIdle:
		n.Listening++
	default: // its job tells of it, or it is about to go
	}
}

func jobOf(job *runner.Job, instances instances, now time.Time) Job {
	return Job{
		ID: job.ID, Name: job.Name, Repository: job.Repository.FullName, Workflow: job.Workflow, Labels: job.Class.Labels,
		Shape: job.Shape.Name, State: job.State, Conclusion: job.Conclusion, Why: job.Reason,
		Instance: instances.of(job), Took: took(job, now), Created: job.CreatedAt,
	}
}

// took is how long a job's story is, by our clock alone.
func took(job *runner.Job, now time.Time) time.Duration {
	var began time.Time
	for _, at := range job.Stamps {
		began = runner.Earlier(began, at)
	}
	if !job.Live() {
		now = job.Stamps[job.State]
	}
	return max(0, now.Sub(began))
}
