package docs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func statesPage(t *testing.T) string {
	t.Helper()
	page := made("pkg/runner") + `# States

What a job, a runner and a launch can be, and what each may become. Facts come late, twice and in any order, so a state may be skipped; none is
ever gone back to, but for a job that GitHub holds back again. Anything else is refused, and changes nothing: ` + "`Job.To` and `Runner.To`" + ` in
[pkg/runner](../pkg/runner/doc.go) are the only way. [The life of a job](lifecycle.md) tells when each happens.
`
	page += states(t, "A job", "../pkg/runner/job.go", "JobState", runner.JobStates, func(from, to runner.JobState) error {
		_, err := runner.Job{State: from}.To(to, time.Time{}, runner.NoReason())
		return err
	})
	page += states(t, "A runner", "../pkg/runner/runner.go", "RunnerState", runner.RunnerStates, func(from, to runner.RunnerState) error {
		_, err := runner.Runner{State: from}.To(to, time.Time{}, runner.NoReason())
		return err
	})
	return page + `
A runner that is to go while a job could still come to it is first marked as leaving, and removed on GitHub; only then does its instance end.

## A launch

` + launches(t)
}

// states is what the states of something mean, and what each may become.
func states[S ~string](t *testing.T, title, file, typeName string, all []S, transition func(from, to S) error) string {
	t.Helper()
	meaning := map[string]string{}
	for _, state := range constantsOf(t, file, typeName) {
		if meaning[state.value] = state.comment; state.comment == "" {
			t.Errorf("%s: the state %q has no comment beside it: say what it means", file, state.value)
		}
	}
	var rows [][]string
	for _, from := range all {
		var next []string
		for _, to := range all {
			if transition(from, to) == nil {
				next = append(next, stateName(to))
			}
		}
		if len(next) == 0 {
			next = []string{"nothing more"}
		}
		rows = append(rows, []string{stateName(from), meaning[string(from)], strings.Join(next, ", ")})
	}
	return "\n## " + title + "\n\n" + table([]string{"state", "meaning", "may become"}, rows)
}

func stateName[S ~string](state S) string {
	if state == "" {
		return "(new)"
	}
	return code(string(state))
}

func launches(t *testing.T) string {
	t.Helper()
	var rows [][]string
	for _, state := range constantsOf(t, "../pkg/runner/launch.go", "LaunchState") {
		rows = append(rows, []string{code(state.value), state.comment})
	}
	return table([]string{"state", "meaning"}, rows)
}
