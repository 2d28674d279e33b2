package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/lifecycle"
)

func attempt(n int) func(*runner.JobEvent) { return func(e *runner.JobEvent) { e.RunAttempt = n } }

func deploys(is runner.Known) func(*runner.JobEvent) {
	return func(e *runner.JobEvent) { e.Deploys = is }
}

// interrupted is a world in which job 7 runs, and EC2 takes its instance back.
func interrupted(t *testing.T, change ...func(*lifecycle.Known)) lifecycle.Known {
	t.Helper()
	k := known(runner.JobRunning, runner.RunnerBusy)
	k.Job.Name, k.Job.RunID, k.Job.RunAttempt, k.Job.Retry, k.Job.Deploys = "build", 70, 1, true, runner.No
	k.Job.Stamps = runner.Stamps[runner.JobState]{runner.JobQueued: noon}
	k.Add(rules.Apply(k, runner.Event{At: noon, Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: host, Action: "terminate"}})[0])
	if k.Runner.State != runner.RunnerInterrupted {
		t.Fatalf("got %s, want an interrupted runner", k.Runner.State)
	}
	for _, c := range change {
		c(&k)
	}
	return k
}

func TestWhichInterruptedJobsRunAgain(t *testing.T) {
	ended := func(change ...func(*runner.JobEvent)) runner.Event {
		return event("completed", append([]func(*runner.JobEvent){on(name), concluded("failure")}, change...)...)
	}
	not := runner.NotRerun
	for what, test := range map[string]struct {
		change func(*lifecycle.Known)
		event  runner.Event
		want   runner.Reason
	}{
		"it failed":               {nil, ended(), runner.AwaitsRerun()},
		"its instance is gone":    {func(k *lifecycle.Known) { k.Runner.State = runner.RunnerTerminated }, ended(), runner.AwaitsRerun()},
		"another job did so once": {func(k *lifecycle.Known) { k.Rerun.Done = []string{"lint"} }, ended(), runner.AwaitsRerun()},
		"another waits for it":    {func(k *lifecycle.Known) { k.Rerun.Attempt, k.Rerun.Jobs = 1, []runner.CutShort{{ID: 8, Name: "lint"}} }, ended(), runner.AwaitsRerun()},
		"it ended well":           {nil, ended(concluded("success")), runner.NoReason()},
		"it was cancelled":        {nil, ended(concluded("cancelled")), not("it ended as cancelled")},
		"its label says no":       {func(k *lifecycle.Known) { k.Job.Retry = false }, ended(), not("its label says so (retry=false, or spot=false)")},
		"it did so once":          {func(k *lifecycle.Known) { k.Rerun.Done = []string{"build"} }, ended(), not("it did so once")},
		"it deploys":              {func(k *lifecycle.Known) { k.Job.Deploys = runner.Yes }, ended(deploys(runner.No)), not("it deploys to an environment")},
		"it may deploy":           {func(k *lifecycle.Known) { k.Job.Deploys = runner.Unsaid }, ended(), not("GitHub has not said whether it deploys to an environment")},
		"its end says it does":    {nil, ended(deploys(runner.Yes)), not("it deploys to an environment")},
		"its end says it doesn't": {func(k *lifecycle.Known) { k.Job.Deploys = runner.Unsaid }, ended(deploys(runner.No)), runner.AwaitsRerun()},
		"its run was begun again": {func(k *lifecycle.Known) { k.Rerun.Attempt = 2 }, ended(), not("its run was begun again meanwhile")},
		"never heard of as queued": {func(k *lifecycle.Known) {
			k.Job.Stamps, k.Job.Retry = nil, false
			k.Job.Class.Labels = []string{"mayfly"}
		}, ended(), runner.AwaitsRerun()},
		"the runner was not": {func(k *lifecycle.Known) { k.Runner.TakenBack = time.Time{} }, ended(), runner.NoReason()},
	} {
		t.Run(what, func(t *testing.T) {
			var changes []func(*lifecycle.Known)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			var job runner.Job
			var rerun runner.Rerun
			for _, item := range rules.Apply(interrupted(t, changes...), test.event) {
				switch item := item.(type) {
				case runner.Job:
					job = item
				case runner.Rerun:
					rerun = item
				}
			}
			if job.State != runner.JobCompleted || job.Reason != test.want {
				t.Errorf("the job is %s: %q, want it completed: %q", job.State, job.Reason, test.want)
			}
			if wants := test.want == runner.AwaitsRerun(); rerun.Has(7) != wants {
				t.Errorf("got intent %+v, want one with the job: %v", rerun, wants)
			}
		})
	}
}

func TestAJobThatRunsAgainDoesSoOnDemand(t *testing.T) {
	done := runner.Rerun{Run: 70, Attempt: 1, Done: []string{"build"}}
	for what, test := range map[string]struct {
		rerun   runner.Rerun
		attempt int
		want    bool
	}{
		"it was interrupted":           {done, 2, true},
		"long ago":                     {done, 5, true},
		"another job was":              {runner.Rerun{Run: 70, Attempt: 1, Done: []string{"lint"}}, 2, false},
		"nothing was":                  {runner.Rerun{}, 2, false},
		"it is of the first try still": {done, 1, false},
	} {
		var k lifecycle.Known
		k.Add(test.rerun)
		job := rules.Apply(k, event("queued", attempt(test.attempt)))[0].(runner.Job)
		if got := job.Shape.Capacity == runner.OnDemand; got != test.want || job.Again != test.want {
			t.Errorf("%s: got it on demand: %v, again: %v, want %v", what, got, job.Again, test.want)
		}
	}
}

func knownOf(items []runner.Item) (k lifecycle.Known) {
	for _, item := range items {
		k.Add(item)
	}
	return k
}

// A runner that was stopped because EC2 takes its instance back has not failed.
func TestAnInterruptedRunnerThatExitsIsToldWhy(t *testing.T) {
	k := knownOf(lifecycle.Report(known("", runner.RunnerIdle).Runner, assignment.Report{Kind: assignment.Interrupted}, noon))
	got := outcomeOf(lifecycle.Report(k.Runner, assignment.Report{Kind: assignment.Exited, ExitCode: 130, Problem: "stopped"}, noon))
	if diff := cmp.Diff(outcome{Runner: runner.RunnerFailed, Why: runner.Interrupted()}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The notice may come when the instance is gone, and GitHub's word of the job last of all.
func TestAnInterruptionIsRememberedWhateverTheRunnerIs(t *testing.T) {
	notice := runner.Event{At: noon, Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: host, Action: "terminate"}}
	ended := known("", runner.RunnerFinished)
	ended.Runner.Reason = runner.JobEnded(7)
	surplus := known("", runner.RunnerIdle)
	surplus.Runner.Leaving = runner.Surplus()
	for what, test := range map[string]struct {
		k    lifecycle.Known
		want bool
	}{
		"booting":                      {known("", runner.RunnerBooting), true},
		"idle":                         {known("", runner.RunnerIdle), true},
		"surplus":                      {surplus, true},
		"busy":                         {known("", runner.RunnerBusy), true},
		"its instance was gone":        {known("", runner.RunnerTerminated), true},
		"its job had ended":            {ended, false},
		"an instance that is not ours": {known("", ""), false},
	} {
		told := lifecycle.Report(test.k.Runner, assignment.Report{Kind: assignment.Interrupted}, noon)
		for _, item := range rules.Apply(test.k, notice) {
			test.k.Add(item)
		}
		if got := test.k.Runner.Interrupted(); got != test.want {
			t.Errorf("%s: remembered: %v, want %v", what, got, test.want)
		}
		if diff := cmp.Diff(test.k, knownOf(told)); diff != "" && test.k.Runner.Instance != "" {
			t.Errorf("%s: as the agent tells it, want - got +:\n%s", what, diff)
		}
		if again := rules.Apply(test.k, notice); test.want && len(again) != 0 {
			t.Errorf("%s: told twice it changes %v", what, again)
		}
	}
}

func TestARunnerThatIsTakenBackBeforeItsJobWasHeardOfIsInterrupted(t *testing.T) {
	k := known(runner.JobQueued, runner.RunnerIdle)
	k.Add(rules.Apply(k, runner.Event{At: noon, Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: host, Action: "terminate"}})[0])
	want := outcome{Job: runner.JobRunning, Took: name, Runner: runner.RunnerInterrupted, Bound: 7, Why: runner.Interrupted()}
	if diff := cmp.Diff(want, outcomeOf(rules.Apply(k, event("in_progress", on(name))))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
