// Package scheduler decides what to launch, and what to let go. It is a pure function of what is
// unfinished: the same snapshot gives the same decisions, and it changes nothing.
//
// For every class of jobs, demand is the jobs that are queued and supply is the runners that launch,
// boot or idle. What demand has more than supply is launched: oldest job first within a repository,
// fair between repositories, one fleet call for each shape, as far as the limits and EC2's and
// GitHub's budgets go. What supply has more than demand for a minute is retired. Every queued job
// gets a reason.
package scheduler

import (
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Limits bound what is decided.
type Limits struct {
	PerCall       int           // instances in one fleet call
	Boot          time.Duration // from launch to a runner that wants its JIT config
	JITWait       time.Duration // how long a booted instance may wait for its JIT config
	Surplus       time.Duration // how long a runner that no job needs is kept
	MaxRunners    int           // of the stack
	PerRepository int           // of one repository; 0 is as many as of the stack
	MaxMinutes    int           // that all runners may live in a day, UTC; 0 is for ever
	LaunchRate    int           // instances a second
	Apps          []int64       // GitHub Apps that share the load
	Absent        time.Duration // until GitHub is believed that no App of ours is installed: now and then it errs
	Trust         runner.Trust  // whose code gets runners

	Instead map[string]string // images that do not boot, and what to launch in their place
}

// MaxQueued is how long GitHub keeps a job queued before it fails it.
// Source: docs.github.com, "Usage limits for GitHub Actions".
const MaxQueued = 24 * time.Hour

// MaxWaiting is how long GitHub waits for an approval before it fails the job.
// Source: docs.github.com, "Reviewing deployments": 30 days.
const MaxWaiting = 30 * 24 * time.Hour

// Decide says what to do now: what to launch and to retire, which jobs to end, and what each other
// queued job is to be told if it was told something else before. Next is when time alone changes the
// answer; zero is never.
func Decide(s runner.Snapshot, limits Limits) (decisions []runner.Decision, next time.Time) {
	d := decider{snapshot: s, limits: limits, pace: newPace(s, limits)}
	jobs := d.queued()
	supply := supplyByClass(s, d.pace.stuck)
	var admitted []*runner.Job
	for _, job := range fair(d.launchable(d.explainServed(jobs, supply)), d.pace.runners) {
		if shape, admits := d.admit(job); admits {
			job.Shape = shape
			admitted = append(admitted, job)
		}
	}
	for _, jobs := range byShape(admitted) {
		d.launch(jobs)
	}
	d.retire(supply)
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
// oldest first. What is left of the supply is surplus.
func (d *decider) explainServed(jobs []*runner.Job, supply map[string]*supply) []*runner.Job {
	jobs = d.welcome(d.settled(d.housed(jobs)))
	reasons := map[int64]runner.Reason{}
	for _, job := range mostTriedFirst(jobs) {
		if reason, served := supply[job.Class.Key()].take(job); served {
			reasons[job.ID] = reason
			d.pace.served(job)
		}
	}
	var unserved []*runner.Job
	for _, job := range jobs {
		if reason, served := reasons[job.ID]; served {
			d.wait(job, reason)
		} else {
			unserved = append(unserved, job)
		}
	}
	return unserved
}

// settled leaves out the jobs of which GitHub has yet to say where they come from.
func (d *decider) settled(jobs []*runner.Job) []*runner.Job {
	return slices.DeleteFunc(jobs, func(job *runner.Job) bool {
		_, settled := d.limits.Trust.Judge(job)
		if !settled {
			d.wait(job, runner.Asking())
		}
		return !settled
	})
}

// welcome leaves out the jobs that the runner group does not take: no runner of it would ever be theirs.
func (d *decider) welcome(jobs []*runner.Job) []*runner.Job {
	return slices.DeleteFunc(jobs, func(job *runner.Job) bool {
		why := d.snapshot.Buckets.Against(job.Class, job.Repository.FullName)
		if why != runner.NoReason() {
			d.wait(job, why)
		}
		return why != runner.NoReason()
	})
}

// housed ends the jobs of repositories on which no App of ours is installed, once GitHub has said so
// for a while, and returns the others.
func (d *decider) housed(jobs []*runner.Job) []*runner.Job {
	return slices.DeleteFunc(jobs, func(job *runner.Job) bool {
		why := d.pace.stuck(job.Class.Scope.FullName)
		if why.Kind != runner.ReasonNotInstalled {
			return false
		}
		at := job.Stamps[runner.JobQueued].Add(d.limits.Absent)
		if at.After(d.snapshot.Now) {
			d.again(at)
			return false
		}
		d.decide(runner.Decision{Kind: runner.DecideRefuse, Job: job.ID, Reason: why})
		return true
	})
}

// launchable leaves out the jobs that get no launch, or none yet.
func (d *decider) launchable(jobs []*runner.Job) []*runner.Job {
	launchable := jobs[:0]
	for _, job := range jobs {
		switch {
		case job.Attempts >= runner.MaxAttempts:
			d.decide(runner.Decision{Kind: runner.DecideRefuse, Job: job.ID, Reason: runner.AttemptsExhausted(job.Attempts, job.Reason.String())})
		case job.NextAt.After(d.snapshot.Now):
			d.again(job.NextAt)
		default:
			launchable = append(launchable, job)
		}
	}
	return launchable
}

// admit says whether a job is launched for now, and on which shape; if not, the job is told why.
func (d *decider) admit(job *runner.Job) (runner.Shape, bool) {
	shape, offerings, until := available(job.Shape, d.snapshot)
	if len(offerings) == 0 {
		d.wait(job, d.untriable(shape, until))
		d.again(until)
		return runner.Shape{}, false
	}
	reason, again := d.pace.admit(job)
	if reason == runner.NoReason() {
		return shape, true
	}
	d.wait(job, reason)
	d.again(again)
	return runner.Shape{}, false
}

// untriable is why no offering of a shape is worth a try.
func (d *decider) untriable(shape runner.Shape, until time.Time) runner.Reason {
	for _, offering := range shape.Offerings() {
		if known := d.snapshot.NoCapacity.Known(offering); known.Why != runner.NoReason() {
			return known.Why
		}
	}
	return runner.OutOfCapacity(shape.Name, until)
}

// launch decides on one fleet call for jobs of one shape; those that it leaves over have to wait.
func (d *decider) launch(jobs []*runner.Job) {
	if !d.pace.fleetCall() {
		d.waitAll(jobs, d.pace.nextFleetCall())
		return
	}
	now, later := jobs[:min(len(jobs), d.limits.PerCall)], jobs[min(len(jobs), d.limits.PerCall):]
	shape, offerings, _ := available(jobs[0].Shape, d.snapshot)
	slots := make([]runner.Slot, len(now))
	for i, job := range now {
		slots[i] = runner.Slot{Job: job.ID, Class: job.Class}
	}
	d.decide(runner.Decision{
		Kind: runner.DecideLaunch, Reason: runner.Launching(shape.Name, now[0].Attempts+1),
		Shape: shape, Instead: d.instead(now, shape), Offerings: offerings, Slots: slots,
	})
	d.waitAll(later, d.snapshot.Now)
}

func (d *decider) waitAll(jobs []*runner.Job, until time.Time) {
	for _, job := range jobs {
		d.wait(job, runner.EC2Rate())
		d.again(until)
	}
}

func (d *decider) wait(job *runner.Job, reason runner.Reason) {
	if job.Reason != reason {
		d.decide(runner.Decision{Kind: runner.DecideWait, Job: job.ID, Reason: reason})
	}
}

func (d *decider) decide(decision runner.Decision) { d.decisions = append(d.decisions, decision) }

func (d *decider) again(at time.Time) { d.next = runner.Earlier(d.next, at) }
