package admin_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

// ran is a job, and the runner that ran it, which was launched for another.
func ran() (runner.Job, runner.Runner, runner.Launch) {
	r := must(launched("i-1", "l-1", 2).To(runner.RunnerBooting, after(3), runner.NoReason()))
	r.Timings = []runner.Timing{{Step: runner.StepAgentStarted, At: after(10)}, {Step: runner.StepListening, At: after(12)}}
	job := queued(7, "a", 0).Because(runner.Launching("2cpu", 1), after(1))
	job.DecidedAt = after(1)
	job.Runner = r.Name
	job = must(job.To(runner.JobRunning, after(14), runner.NoReason()))
	return job, r, runner.Launch{ID: "l-1", State: runner.LaunchClosed, DecidedAt: after(1.5)}
}

func TestAStoryTellsOfTheBoot(t *testing.T) {
	job, r, _ := ran()
	for i, step := range []string{
		runner.StepInstanceLaunched, runner.StepKernelStarted, runner.StepUserspaceStarted, runner.StepAgentStarted,
		runner.StepAssignmentRead, runner.StepRunnerInstalled, runner.StepRunnerStarted, runner.StepListening,
	} {
		r.Timings = append(r.Timings[:i:i], runner.Timing{Step: step, At: after(float64(5 + i))})
	}
	var board admin.Board
	board.Put(noon, job, r)
	story, _ := admin.StoryOf(board.Read(), 7, after(15))
	want := []string{
		"booting 3 +1", "kernel 6 +3", "userspace 7 +1", "agent 8 +1", "assignment 9 +1", "runner 11 +2", "listening 12 +1", "started 14 +2", "now 15 +1",
	}
	if diff := cmp.Diff(want, steps(story)[3:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// steps are a waterfall in short: name, seconds after noon, seconds since the step before.
func steps(story admin.Story) []string {
	var short []string
	for _, step := range story.Steps {
		short = append(short, fmt.Sprintf("%s %g +%g", step.Name, step.At.Sub(noon).Seconds(), step.Took.Seconds()))
	}
	return short
}

func TestAStoryJoinsAJobWithTheRunnerThatRanIt(t *testing.T) {
	job, r, launch := ran()
	job.Conclusion = "success"
	job = must(job.To(runner.JobCompleted, after(34), runner.NoReason()))
	r = must(must(r.To(runner.RunnerFinished, after(34), runner.JobEnded(7))).To(runner.RunnerTerminated, after(40), runner.NoReason()))
	var board admin.Board
	board.Put(noon, job, r, launch)
	story, found := admin.StoryOf(board.Read(), 7, after(60))
	if !found {
		t.Fatal("got no story, want one")
	}
	want := []string{
		"webhook 0 +0", "decided 1.5 +1.5", "launched 2 +0.5", "booting 3 +1", "agent 10 +7", "listening 12 +2", "started 14 +2", "done 34 +20",
	}
	if diff := cmp.Diff(want, steps(story)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := story.Runner.Instance, "i-1"; got != want {
		t.Errorf("got instance %q, want %q", got, want)
	}
	if got, want := len(story.Told), 2; got != want {
		t.Errorf("got %d lines of what it was told, want %d", got, want)
	}
}

func TestAStoryThatGoesOnEndsNow(t *testing.T) {
	job, r, _ := ran()
	var board admin.Board
	board.Put(noon, job, r)
	story, _ := admin.StoryOf(board.Read(), 7, after(15))
	want := []string{"webhook 0 +0", "decided 1 +1", "launched 2 +1", "booting 3 +1", "agent 10 +7", "listening 12 +2", "started 14 +2", "now 15 +1"}
	if diff := cmp.Diff(want, steps(story)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAStoryOfAJobThatTookAReadyRunnerBeginsWithTheRunner(t *testing.T) {
	job, r, launch := ran()
	job.Stamps[runner.JobQueued] = after(13)
	var board admin.Board
	board.Put(noon, job, r, launch)
	story, _ := admin.StoryOf(board.Read(), 7, after(15))
	if got, want := steps(story)[5], "webhook 13 +1"; got != want {
		t.Errorf("got %q as the sixth step of %q, want %q", got, steps(story), want)
	}
}

func TestARunnerListenedByWhenItStartedItsJob(t *testing.T) {
	job, r, _ := ran()
	r.Timings[1].At = after(14.5) // the agent heard of it late
	var board admin.Board
	board.Put(noon, job, r)
	story, _ := admin.StoryOf(board.Read(), 7, after(15))
	want := []string{"agent 10 +7", "listening 14 +4", "started 14 +0", "now 15 +1"}
	if diff := cmp.Diff(want, steps(story)[4:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.Timings = r.Timings[:1] // it never did
	board.Put(noon, r)
	story, _ = admin.StoryOf(board.Read(), 7, after(15))
	if got, want := len(story.Steps), 7; got != want {
		t.Errorf("got steps %q, want none of a runner that listened", steps(story))
	}
}

func TestAQueuedJobsStoryHasItsPlace(t *testing.T) {
	var board admin.Board
	board.Put(noon, queued(1, "a", 0), queued(2, "a", 1))
	story, _ := admin.StoryOf(board.Read(), 2, after(15))
	if got, want := story.Job.Position, 2; got != want {
		t.Errorf("got position %d, want %d", got, want)
	}
	if _, found := admin.StoryOf(board.Read(), 3, after(15)); found {
		t.Error("got a story of a job that is not known, want none")
	}
}
