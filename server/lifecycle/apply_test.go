package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/lifecycle"
)

const host = "i-0123456789abcdef0"

var (
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	name  = runner.Name("prod", host, 1)
	shape = runner.Shape{Name: "2cpu-linux-x64"}
	slip  = runner.UnknownKeys("cpus")
	rules = lifecycle.Rules{Stack: "prod", Terms: func(labels []string) (runner.Terms, runner.Reason) {
		switch labels[0] {
		case "mayfly/bad":
			return runner.Terms{}, runner.BadLabel("mayfly/bad", "mend it")
		case "mayfly/cpus=2":
			return runner.Terms{Shape: shape, Warning: slip}, runner.NoReason()
		}
		return runner.Terms{Shape: shape, Retry: true, SSH: true}, runner.NoReason()
	}}
)

// event is a webhook of job 7.
func event(action string, change ...func(*runner.JobEvent)) runner.Event {
	job := &runner.JobEvent{
		Action: action, ID: 7, RunID: 70, RunAttempt: 1, Name: "build", Workflow: "CI", Labels: []string{"Mayfly/cpu=2"},
		CreatedAt: noon.Add(-time.Second), Repository: runner.Repository{ID: 1, FullName: "o/r"}, Installation: 42,
	}
	for _, c := range change {
		c(job)
	}
	return runner.Event{ID: "d", At: noon, Source: runner.SourceWebhook, Job: job}
}

func on(runnerName string) func(*runner.JobEvent) {
	return func(e *runner.JobEvent) { e.RunnerName = runnerName }
}

func concluded(conclusion string) func(*runner.JobEvent) {
	return func(e *runner.JobEvent) { e.Conclusion = conclusion }
}

func old(e *runner.JobEvent) { e.Old, e.CreatedAt = true, noon.Add(-25*time.Hour) }

func labelled(label string) func(*runner.JobEvent) {
	return func(e *runner.JobEvent) { e.Labels = []string{label} }
}

// known is a world with one job and one runner, each in a state; an empty one is not there.
func known(job runner.JobState, instance runner.RunnerState) lifecycle.Known {
	var k lifecycle.Known
	if job != runner.JobUnknown {
		k.Job = runner.Job{ID: 7, State: job}
	}
	if instance != "" {
		k.Runner = runner.Runner{Instance: host, Name: name, State: instance}
	}
	return k
}

// GitHub fails a job a day after it was queued, by the clock of whoever asks: the scheduler would end
// one at once that it takes to be as old as it says, before anybody has asked.
func TestAJobHeardOfADayLateIsAsOldAsTheNewsOfIt(t *testing.T) {
	items := rules.Apply(known("", ""), event("queued", old))
	if len(items) != 1 || !items[0].(runner.Job).CreatedAt.Equal(noon) {
		t.Errorf("got %+v, want a job of %s", items, noon)
	}
}

// outcome is what a fact did, in short.
type outcome struct {
	Job        runner.JobState
	Conclusion string
	Took       string // the name of the runner that the job is known to be on
	Runner     runner.RunnerState
	Bound      int64
	Why        runner.Reason // the runner's, else the job's
}

func outcomeOf(items []runner.Item) outcome {
	var o outcome
	for _, item := range items {
		switch item := item.(type) {
		case runner.Job:
			o.Job, o.Conclusion, o.Took, o.Why = item.State, item.Conclusion, item.Runner, item.Reason
		case runner.Runner:
			o.Runner, o.Bound, o.Why = item.State, item.Job, item.Reason
		}
	}
	return o
}

func TestWebhooks(t *testing.T) {
	nothing := outcome{}
	for what, test := range map[string]struct {
		known lifecycle.Known
		event runner.Event
		want  outcome
	}{
		"queued":                            {known("", ""), event("queued"), outcome{Job: runner.JobQueued}},
		"queued, with a label that is bad":  {known("", ""), event("queued", labelled("mayfly/bad")), outcome{Job: runner.JobRefused, Why: runner.BadLabel("mayfly/bad", "mend it")}},
		"queued, with a slip of the pen":    {known("", ""), event("queued", labelled("mayfly/cpus=2")), outcome{Job: runner.JobQueued, Why: slip}},
		"queued twice":                      {known(runner.JobQueued, ""), event("queued"), nothing},
		"queued after waiting":              {known(runner.JobWaiting, ""), event("queued"), outcome{Job: runner.JobQueued}},
		"queued after in_progress":          {known(runner.JobRunning, ""), event("queued"), nothing},
		"queued after completed":            {known(runner.JobCompleted, ""), event("queued"), nothing},
		"queued after it was refused":       {known(runner.JobRefused, ""), event("queued"), nothing},
		"queued, so they say, a day ago":    {known("", ""), event("queued", old), outcome{Job: runner.JobWaiting}},
		"waiting, so they say, a day ago":   {known("", ""), event("waiting", old), outcome{Job: runner.JobWaiting}},
		"queued, and a day later once more": {known(runner.JobQueued, ""), event("queued", old), nothing},
		"queued, and waiting a day ago":     {known(runner.JobQueued, ""), event("waiting", old), nothing},
		"waiting":                           {known("", ""), event("waiting"), outcome{Job: runner.JobWaiting}},
		"waiting after queued":              {known(runner.JobQueued, ""), event("waiting"), outcome{Job: runner.JobWaiting}},
		"in_progress on a runner of ours":   {known(runner.JobQueued, runner.RunnerIdle), event("in_progress", on(name)), outcome{Job: runner.JobRunning, Took: name, Runner: runner.RunnerBusy, Bound: 7}},
		"in_progress before it listened":    {known(runner.JobQueued, runner.RunnerBooting), event("in_progress", on(name)), outcome{Job: runner.JobRunning, Took: name, Runner: runner.RunnerBusy, Bound: 7}},
		"in_progress before queued":         {known("", runner.RunnerIdle), event("in_progress", on(name)), outcome{Job: runner.JobRunning, Took: name, Runner: runner.RunnerBusy, Bound: 7}},
		"in_progress on somebody else's":    {known(runner.JobQueued, ""), event("in_progress", on("GitHub Actions 5")), outcome{Job: runner.JobRunning, Took: "GitHub Actions 5"}},
		"in_progress after the runner left": {known(runner.JobQueued, runner.RunnerFinished), event("in_progress", on(name)), outcome{Job: runner.JobRunning, Took: name, Runner: runner.RunnerFinished, Bound: 7}},
		"completed":                         {known(runner.JobRunning, runner.RunnerBusy), event("completed", on(name), concluded("success")), outcome{Job: runner.JobCompleted, Conclusion: "success", Took: name, Runner: runner.RunnerFinished, Bound: 7, Why: runner.JobEnded(7)}},
		"completed, never queued":           {known("", ""), event("completed", concluded("cancelled")), outcome{Job: runner.JobCompleted, Conclusion: "cancelled"}},
		"completed while queued":            {known(runner.JobQueued, ""), event("completed", concluded("cancelled")), outcome{Job: runner.JobCompleted, Conclusion: "cancelled"}},
		"taken although refused":            {known(runner.JobRefused, ""), event("in_progress", on("somebody-elses")), outcome{Job: runner.JobRunning, Took: "somebody-elses"}},
		"ended although refused":            {known(runner.JobRefused, ""), event("completed", on("somebody-elses"), concluded("success")), outcome{Job: runner.JobCompleted, Conclusion: "success", Took: "somebody-elses"}},
		"cancelled, for it was refused":     {known(runner.JobRefused, ""), event("completed", concluded("cancelled")), nothing},
		"completed twice":                   {known(runner.JobCompleted, runner.RunnerTerminated), event("completed", on(name)), nothing},
	} {
		t.Run(what, func(t *testing.T) {
			got := outcomeOf(rules.Apply(test.known, test.event))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAQueuedJobIsKeptWithAllThatDecidesAboutIt(t *testing.T) {
	got := rules.Apply(known("", ""), event("queued", labelled("Mayfly/CPU=2")))
	want := []runner.Item{runner.Job{
		ID: 7, RunID: 70, RunAttempt: 1, Repository: runner.Repository{ID: 1, FullName: "o/r"}, Name: "build", Workflow: "CI",
		Class: runner.Class{Installation: 42, Scope: runner.Repository{ID: 1, FullName: "o/r"}, Labels: []string{"mayfly/cpu=2"}},
		Shape: shape, Retry: true, SSH: true, State: runner.JobQueued, CreatedAt: noon.Add(-time.Second),
		Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: noon},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInstanceEvents(t *testing.T) {
	gone := runner.InstanceGone
	for what, test := range map[string]struct {
		was   runner.RunnerState
		state string
		want  outcome
	}{
		"it runs":                            {runner.RunnerBooting, "running", outcome{}},
		"it shuts down with no job":          {runner.RunnerIdle, "shutting-down", outcome{Runner: runner.RunnerFailed, Why: gone("shutting-down")}},
		"it is gone before it booted":        {runner.RunnerBooting, "terminated", outcome{Runner: runner.RunnerTerminated, Why: gone("terminated")}},
		"it shuts down before its job ended": {runner.RunnerBusy, "shutting-down", outcome{Runner: runner.RunnerFinished, Why: gone("shutting-down")}},
		"it shuts down after its job":        {runner.RunnerFinished, "shutting-down", outcome{}},
		"it is gone after its job":           {runner.RunnerFinished, "terminated", outcome{Runner: runner.RunnerTerminated}},
		"it is gone twice":                   {runner.RunnerTerminated, "terminated", outcome{}},
		"it is stopped":                      {runner.RunnerIdle, "stopped", outcome{Runner: runner.RunnerFailed, Why: gone("stopped")}},
		"an instance that is not ours":       {"", "terminated", outcome{}},
	} {
		t.Run(what, func(t *testing.T) {
			e := runner.Event{At: noon, Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: host, State: test.state}}
			got := outcomeOf(rules.Apply(known("", test.was), e))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReports(t *testing.T) {
	exited := func(code int, took bool, problem string) assignment.Report {
		return assignment.Report{Kind: assignment.Exited, ExitCode: code, TookJob: took, Problem: problem}
	}
	for what, test := range map[string]struct {
		was    runner.RunnerState
		report assignment.Report
		want   outcome
	}{
		"it listens":                       {runner.RunnerBooting, assignment.Report{Kind: assignment.Listening}, outcome{Runner: runner.RunnerIdle}},
		"it listens, heard late":           {runner.RunnerBusy, assignment.Report{Kind: assignment.Listening}, outcome{Runner: runner.RunnerBusy}},
		"it started a job":                 {runner.RunnerIdle, assignment.Report{Kind: assignment.Started}, outcome{Runner: runner.RunnerBusy}},
		"it exited after a job":            {runner.RunnerBusy, exited(0, true, ""), outcome{Runner: runner.RunnerFinished, Why: runner.JobEnded(0)}},
		"it exited with no job":            {runner.RunnerIdle, exited(7, false, ""), outcome{Runner: runner.RunnerFailed, Why: runner.ExitedEarly(7, "")}},
		"it never started; hostile reason": {runner.RunnerBooting, exited(1, false, "disk\x1b[31m full\n"), outcome{Runner: runner.RunnerFailed, Why: runner.ExitedEarly(1, "disk[31m full")}},
		"an instance that is not ours":     {"", assignment.Report{Kind: assignment.Listening}, outcome{}},
	} {
		t.Run(what, func(t *testing.T) {
			got := outcomeOf(lifecycle.Report(known("", test.was).Runner, test.report, noon))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	many := assignment.Report{Kind: assignment.Listening, Timings: make([]runner.Timing, 1000)}
	got := lifecycle.Report(known("", runner.RunnerBooting).Runner, many, noon)[0].(runner.Runner)
	if len(got.Timings) != 32 {
		t.Errorf("%d timings are kept, want 32: a report is not to fill the record", len(got.Timings))
	}
}

func TestKeys(t *testing.T) {
	for what, test := range map[string]struct {
		event runner.Event
		want  []string
	}{
		"a job":                     {event("queued"), []string{"job/7"}},
		"a job on a runner":         {event("in_progress", on(name)), []string{"job/7", "runner/" + host}},
		"a job on somebody else's":  {event("in_progress", on("x")), []string{"job/7"}},
		"a job that failed":         {event("completed", on(name), concluded("failure")), []string{"job/7", "runner/" + host, "rerun/70"}},
		"one that failed elsewhere": {event("completed", on("x"), concluded("failure")), []string{"job/7"}},
		"a job of a later attempt":  {event("queued", attempt(2)), []string{"job/7", "rerun/70"}},
		"an instance":               {runner.Event{Instance: &runner.InstanceEvent{Instance: host}}, []string{"runner/" + host}},
		"a report":                  {runner.Event{Object: &runner.ObjectEvent{Key: runner.ReportKey("AROA1", host, 1)}}, []string{"runner/" + host}},
		"another object":            {runner.Event{Object: &runner.ObjectEvent{Key: "runners/x"}}, nil},
	} {
		if diff := cmp.Diff(test.want, rules.Keys(test.event)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestWithARunnerGroupAClassIsOfTheOwner(t *testing.T) {
	grouped := rules
	grouped.Group = "builders"
	for what, test := range map[string]struct {
		rules lifecycle.Rules
		scope runner.Repository
	}{
		"repository":   {rules, runner.Repository{ID: 1, FullName: "o/r"}},
		"runner group": {grouped, runner.Organisation("o")},
	} {
		job, ok := test.rules.Apply(lifecycle.Known{}, event("queued"))[0].(runner.Job)
		want := runner.Class{Installation: 42, Scope: test.scope, Group: test.rules.Group, Labels: []string{"mayfly/cpu=2"}}
		if diff := cmp.Diff(want, job.Class); !ok || diff != "" {
			t.Errorf("%s: class (-want +got):\n%s", what, diff)
		}
		if got := job.Repository.FullName; got != "o/r" {
			t.Errorf("%s: the job's repository is %q, want its own", what, got)
		}
	}
}
