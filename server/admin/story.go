package admin

import (
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Story is one job from the first to the last that is known of it, joined with the runner that ran it.
type Story struct {
	Job    Job
	Runner Runner        // that took it; zero if none did, or it is none of ours
	Told   []runner.Told // the last reasons, oldest first
	Steps  []Step        // oldest first
}

// Step is a moment of a story.
type Step struct {
	Name string // webhook, decided, launched, booting, kernel, userspace, agent, assignment, runner, listening, started, done; or now
	What string // in a few words
	At   time.Time
	Took time.Duration // since the step before
}

// StoryOf is the story of a job, if it is known.
func StoryOf(known Known, id int64, now time.Time) (Story, bool) {
	job := find(known.Jobs, func(job *runner.Job) bool { return job.ID == id })
	if job == nil {
		return Story{}, false
	}
	story := Story{Job: jobOf(job, instancesOf(known), now), Told: job.Log}
	if job.State == runner.JobQueued {
		live := inOrder(known.Jobs.Live)
		place := placesOf(live)[slices.Index(live, job)]
		story.Job.Position, story.Job.Of = place.position, place.of()
	}
	took := find(known.Runners, func(r *runner.Runner) bool { return job.Runner != "" && r.Name == job.Runner })
	decided := job.DecidedAt
	if took == nil {
		took = &runner.Runner{}
	} else {
		story.Runner = runnerOf(took, now)
		if launch := find(known.Launches, func(l *runner.Launch) bool { return l.ID == took.Launch }); launch != nil {
			decided = launch.DecidedAt // of the launch that brought it, which may have been made for another job
		}
	}
	story.Steps = waterfall(job, took, decided, now)
	return story, true
}

// find is the first of the things that is wanted, or nil.
func find[V runner.Item](things Things[V], wanted func(*V) bool) *V {
	for thing := range things.all() {
		if wanted(thing) {
			return thing
		}
	}
	return nil
}

// waterfall is a job's way to its end, in the order of time. A runner may have been on its way before
// its job was: GitHub chooses.
func waterfall(job *runner.Job, took *runner.Runner, decided, now time.Time) []Step {
	told := func(step string) time.Time { return runner.TimeOf(step, took.Timings) }
	steps := []Step{
		{Name: "webhook", What: "GitHub told of it", At: runner.Earlier(job.Stamps[runner.JobWaiting], job.Stamps[runner.JobQueued])},
		{Name: "decided", What: "a launch was decided", At: decided},
		{Name: "launched", What: "EC2 gave an instance", At: took.Stamps[runner.RunnerLaunching]},
		{Name: "booting", What: "its assignment was in the bucket", At: took.Stamps[runner.RunnerBooting]},
		{Name: "kernel", What: "its kernel started", At: told(runner.StepKernelStarted)},
		{Name: "userspace", What: "its systemd started", At: told(runner.StepUserspaceStarted)},
		{Name: "agent", What: "the agent started", At: told(runner.StepAgentStarted)},
		{Name: "assignment", What: "the agent read its assignment", At: told(runner.StepAssignmentRead)},
		{Name: "runner", What: "GitHub's runner started", At: told(runner.StepRunnerStarted)},
		{Name: "listening", What: "the runner listened for a job", At: listened(job, took)},
		{Name: "started", What: "the job started", At: job.Stamps[runner.JobRunning]},
	}
	if !job.Live() {
		steps = append(steps, Step{Name: "done", What: "the job ended: " + jobOf(job, nil, now).Status(), At: job.Stamps[job.State]})
	} else {
		steps = append(steps, Step{Name: "now", What: "the job is " + string(job.State), At: now})
	}
	steps = slices.DeleteFunc(steps, func(s Step) bool { return s.At.IsZero() })
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	for i := range steps[1:] {
		steps[i+1].Took = steps[i+1].At.Sub(steps[i].At)
	}
	return steps
}

// listened is when a runner listened, if that is known; by when it started its job at the latest, though
// its agent may hear of it only then.
func listened(job *runner.Job, took *runner.Runner) time.Time {
	at := runner.Earlier(runner.TimeOf(runner.StepListening, took.Timings), took.Stamps[runner.RunnerIdle])
	if at.IsZero() {
		return at
	}
	return runner.Earlier(at, job.Stamps[runner.JobRunning])
}
