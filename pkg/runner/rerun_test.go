package runner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestARerunGathersTheInterruptedJobsOfOneAttempt(t *testing.T) {
	job := func(id int64, attempt int, name string) runner.Job {
		return runner.Job{ID: id, RunID: 70, RunAttempt: attempt, Name: name, Repository: runner.Repository{ID: 1, FullName: "o/r"}, Class: runner.Class{Installation: 42}}
	}
	var r runner.Rerun
	for _, step := range []struct {
		what  string
		job   runner.Job
		asked bool
		want  []runner.CutShort
	}{
		{"the first", job(7, 1, "a"), false, []runner.CutShort{{ID: 7, Name: "a"}}},
		{"the same again", job(7, 1, "a"), false, nil},
		{"another", job(8, 1, "b"), true, []runner.CutShort{{ID: 7, Name: "a"}, {ID: 8, Name: "b"}}},
		{"one of an attempt after which GitHub was asked for the next", job(11, 1, "e"), false, nil},
		{"one of the next attempt", job(9, 2, "c"), false, []runner.CutShort{{ID: 9, Name: "c"}}},
		{"a late one of the first", job(10, 1, "d"), false, nil},
	} {
		next, added := r.With(step.job, noon)
		if added != (step.want != nil) {
			t.Errorf("%s: added is %v", step.what, added)
		}
		if !added {
			continue
		}
		if diff := cmp.Diff(step.want, next.Jobs); diff != "" || next.Asked || !next.Live() || !next.NextAt.Equal(noon.Add(5*time.Second)) {
			t.Errorf("%s: got %+v (-want +got):\n%s", step.what, next, diff)
		}
		if r = next; step.asked {
			r = r.Ask()
			r.Settled = true
		}
	}
	if r.Key() != "rerun/70" || r.Scope.Installation != 42 || !r.Knows("a") || !r.Knows("b") || r.Knows("c") {
		t.Errorf("got %+v, want that a and b were run again, and c not", r)
	}
	if refused := r.Ask().Unask(); refused.Knows("c") || refused.Asked || !refused.Knows("a") {
		t.Errorf("got %+v, want c not run again, and a still", refused)
	}
}

func TestARunnerThatIsTakenBackIsInterruptedOnceItHasAJob(t *testing.T) {
	idle := runner.Runner{Instance: "i-1", State: runner.RunnerIdle}
	back := idle
	back.TakenBack = noon
	for what, test := range map[string]struct {
		r    runner.Runner
		want runner.RunnerState
	}{
		"listening":                   {idle, runner.RunnerBusy},
		"surplus":                     {idle.Leave(runner.Surplus(), noon), runner.RunnerBusy},
		"taken back while it listens": {back.Leave(runner.Interrupted(), noon), runner.RunnerInterrupted},
		"surplus, and taken back":     {back.Leave(runner.Surplus(), noon), runner.RunnerInterrupted},
	} {
		got, err := test.r.Take(noon)
		if err != nil || got.State != test.want || got.Interrupted() != (test.want == runner.RunnerInterrupted) || !got.TookUnnamed() {
			t.Errorf("%s: got %+v, %v, want it %s", what, got, err, test.want)
		}
	}
}
