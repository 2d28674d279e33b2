// Package scheduler decides what to launch. It is a pure function of what is unfinished: the same
// snapshot gives the same decisions, and it changes nothing.
//
// For every class of jobs, demand is the jobs that are queued and supply is the runners that launch,
// boot or idle. What demand has more than supply is launched, oldest job first, one fleet call for
// each shape, as far as EC2's and GitHub's budgets go. Every queued job gets a reason.
package scheduler

import (
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Limits bound what is decided.
type Limits struct {
	PerCall int           // instances in one fleet call
	Boot    time.Duration // from launch to a runner that wants its JIT config
	JITWait time.Duration // how long a booted instance may wait for its JIT config
}

// Decide says what to do now: what to launch, which jobs to refuse, and what each other queued job
// is to be told if it was told something else before. Next is when time alone changes the answer;
// zero is never.
func Decide(s runner.Snapshot, limits Limits) (decisions []runner.Decision, next time.Time) {
	d := decider{snapshot: s, limits: limits, pace: newPace(s, limits)}
	unserved := d.explainServed()
	for _, jobs := range byShape(d.launchable(unserved)) {
		d.launch(jobs)
	}
	return d.decisions, d.next
}

type decider struct {
	snapshot  runner.Snapshot
	limits    Limits
	pace      *pace
	decisions []runner.Decision
	next      time.Time
}

// explainServed tells the jobs for which there is supply what they wait for, and returns the others,
// oldest first.
func (d *decider) explainServed() []runner.Job {
	supply := supplyByClass(d.snapshot)
	var unserved []runner.Job
	for _, job := range queued(d.snapshot) {
		if reason, served := supply[job.Class.Key()].take(job); served {
			d.wait(job, reason)
		} else {
			unserved = append(unserved, job)
		}
	}
	return unserved
}

// launchable leaves out the jobs that get no launch, or none yet, and says why.
func (d *decider) launchable(jobs []runner.Job) []runner.Job {
	return slices.DeleteFunc(jobs, func(job runner.Job) bool {
		switch {
		case job.Attempts >= runner.MaxAttempts:
			d.decide(runner.Decision{Kind: runner.DecideRefuse, Job: job.ID, Reason: runner.AttemptsExhausted(job.Attempts, job.Reason.String())})
		case job.NextAt.After(d.snapshot.Now):
			d.again(job.NextAt)
		case d.pace.jit(job.Class.Installation):
			return false
		default:
			d.wait(job, runner.GitHubBudget(job.Class.Installation))
			d.again(d.pace.nextJIT(job.Class.Installation))
		}
		return true
	})
}

// launch decides on one fleet call for jobs of one shape; those that it leaves over have to wait.
func (d *decider) launch(jobs []runner.Job) {
	shape := jobs[0].Shape
	offerings, until := available(shape, d.snapshot)
	switch {
	case len(offerings) == 0:
		d.waitAll(jobs, runner.OutOfCapacity(shape.Name, until), until)
		return
	case !d.pace.fleetCall():
		d.waitAll(jobs, runner.EC2Rate(), d.pace.nextFleetCall())
		return
	}
	now, later := jobs[:min(len(jobs), d.limits.PerCall)], jobs[min(len(jobs), d.limits.PerCall):]
	slots := make([]runner.Slot, len(now))
	for i, job := range now {
		slots[i] = runner.Slot{Job: job.ID, Class: job.Class}
	}
	d.decide(runner.Decision{
		Kind: runner.DecideLaunch, Reason: runner.Launching(shape.Name, now[0].Attempts+1),
		Shape: shape, Offerings: offerings, Slots: slots,
	})
	d.waitAll(later, runner.EC2Rate(), d.snapshot.Now)
}

func (d *decider) waitAll(jobs []runner.Job, reason runner.Reason, until time.Time) {
	for _, job := range jobs {
		d.wait(job, reason)
		d.again(until)
	}
}

func (d *decider) wait(job runner.Job, reason runner.Reason) {
	if job.Reason != reason {
		d.decide(runner.Decision{Kind: runner.DecideWait, Job: job.ID, Reason: reason})
	}
}

func (d *decider) decide(decision runner.Decision) { d.decisions = append(d.decisions, decision) }

func (d *decider) again(at time.Time) { d.next = runner.Earlier(d.next, at) }
