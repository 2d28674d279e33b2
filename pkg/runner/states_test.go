package runner_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The matrices are written out whole, in the order of JobStates and RunnerStates: a row is the
// state a thing is in, a column the state that it is asked to go to, x what is legal.

var jobMatrix = map[runner.JobState]string{
	//                     unk wai que run com ref exp
	runner.JobUnknown:   "  .   x   x   x   x   x   . ",
	runner.JobWaiting:   "  .   .   x   x   x   x   x ",
	runner.JobQueued:    "  .   x   .   x   x   x   x ",
	runner.JobRunning:   "  .   .   .   .   x   .   . ",
	runner.JobCompleted: "  .   .   .   .   .   .   . ",
	runner.JobRefused:   "  .   .   .   x   x   .   . ",
	runner.JobExpired:   "  .   .   .   .   .   .   . ",
}

var runnerMatrix = map[runner.RunnerState]string{
	//                           lau boo idl bus fin fai int ter
	runner.RunnerLaunching:   "   .   x   x   x   x   x   x   . ",
	runner.RunnerBooting:     "   .   .   x   x   x   x   x   . ",
	runner.RunnerIdle:        "   .   .   .   x   x   x   x   . ",
	runner.RunnerBusy:        "   .   .   .   .   x   x   x   . ",
	runner.RunnerFinished:    "   .   .   .   .   .   .   .   x ",
	runner.RunnerFailed:      "   .   .   .   .   .   .   .   x ",
	runner.RunnerInterrupted: "   .   .   .   .   .   .   .   x ",
	runner.RunnerTerminated:  "   .   .   .   .   .   .   .   . ",
}

func TestEveryJobTransition(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, from := range runner.JobStates {
		for column, to := range runner.JobStates {
			job := runner.Job{ID: 7, State: from, Stamps: runner.Stamps[runner.JobState]{from: at.Add(-time.Hour)}}
			got, err := job.To(to, at, runner.Booting())
			checkTransition(t, string(from), string(to), legal(t, jobMatrix[from], column), err)
			if err != nil {
				checkUnchanged(t, got, job)
				continue
			}
			if got.State != to || !got.Stamps[to].Equal(at) || got.Reason != runner.Booting() {
				t.Errorf("%q → %q: got state %q, stamp %v, reason %q", from, to, got.State, got.Stamps[to], got.Reason)
			}
			if _, stamped := job.Stamps[to]; stamped {
				t.Errorf("%q → %q changed the job that it was made from", from, to)
			}
		}
		job := runner.Job{State: from}
		if got, want := job.Live(), legalSomewhere(jobMatrix[from]) && from != runner.JobRefused; got != want {
			t.Errorf("job %q: live is %v, want %v", from, got, want)
		}
	}
}

func TestEveryRunnerTransition(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, from := range runner.RunnerStates {
		for column, to := range runner.RunnerStates {
			instance := runner.Runner{Instance: "i-1", State: from, Calls: 3, NextAt: at}
			got, err := instance.To(to, at, runner.ExitedEarly(1, ""))
			checkTransition(t, string(from), string(to), legal(t, runnerMatrix[from], column), err)
			if err != nil {
				checkUnchanged(t, got, instance)
				continue
			}
			if got.State != to || !got.Stamps[to].Equal(at) || got.Calls != 0 || !got.NextAt.IsZero() {
				t.Errorf("%q → %q: got state %q, stamp %v, calls %d, next at %v", from, to, got.State, got.Stamps[to], got.Calls, got.NextAt)
			}
		}
		instance := runner.Runner{State: from}
		if got, want := instance.Live(), legalSomewhere(runnerMatrix[from]); got != want {
			t.Errorf("runner %q: live is %v, want %v", from, got, want)
		}
	}
}

func checkTransition(t *testing.T, from, to string, wantLegal bool, err error) {
	t.Helper()
	var illegal *runner.TransitionError
	switch {
	case wantLegal && err != nil:
		t.Errorf("%q → %q: got %v, want it legal", from, to, err)
	case !wantLegal && !errors.As(err, &illegal):
		t.Errorf("%q → %q: got error %v, want a TransitionError", from, to, err)
	}
}

func checkUnchanged[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a refused transition changed something (-want +got):\n%s", diff)
	}
}

func legal(t *testing.T, row string, column int) bool {
	t.Helper()
	var marks []rune
	for _, mark := range row {
		if mark != ' ' {
			marks = append(marks, mark)
		}
	}
	return marks[column] == 'x'
}

func legalSomewhere(row string) bool {
	for _, mark := range row {
		if mark == 'x' {
			return true
		}
	}
	return false
}

func TestAJobRemembersItsLastTwentyReasonsAndNotTheSameTwice(t *testing.T) {
	job := runner.Job{ID: 7}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for n := range 25 {
		job = job.Because(runner.ExitedEarly(n, ""), at.Add(time.Duration(n)*time.Second))
		job = job.Because(runner.ExitedEarly(n, ""), at.Add(time.Hour))
	}
	if got, want := len(job.Log), 20; got != want {
		t.Fatalf("remembers %d reasons, want %d", got, want)
	}
	if got, want := job.Log[0].Reason, runner.ExitedEarly(5, ""); got != want {
		t.Errorf("oldest is %q, want %q", got, want)
	}
	if got, want := job.Log[19], (runner.Told{At: at.Add(24 * time.Second), Reason: runner.ExitedEarly(24, "")}); got != want {
		t.Errorf("newest is %v, want %v", got, want)
	}
}
