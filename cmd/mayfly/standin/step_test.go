package standin_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/workflow"
)

// executeSteps runs steps in a directory of their own.
func executeSteps(t *testing.T, steps ...localhub.Step) (conclusion, log string) {
	t.Helper()
	return executeWork(t.Context(), t, localhub.Work{JobID: 7, Name: "check", Steps: steps})
}

func TestAStepIsRunByItsShell(t *testing.T) {
	for shell, c := range map[string]struct{ run, want string }{
		"":                 {`set -o | grep pipefail; false | true; shopt -q login_shell || echo "no login: $BASH_VERSION" | cut -c 1-9`, "pipefail       \toff\nno login:\n"},
		"bash":             {"set -o | grep pipefail\nfalse | true\necho not reached", "pipefail       \ton\nError: Process completed with exit code 1.\n"},
		"sh":               {"echo here\nfalse\necho not reached", "here\nError: Process completed with exit code 1.\n"},
		"python":           {"import sys\nprint(sys.argv[0].rsplit('.')[-1])", "py\n"},
		"sed -n '2 p' {0}": {"one\ntwo and more", "two and more\n"},
		"cat {0} -":        {"all of it", "all of it\n"},
	} {
		if shell == "python" {
			if _, err := exec.LookPath(shell); err != nil {
				continue
			}
		}
		_, log := executeSteps(t, localhub.Step{Name: "it", Run: c.run, Shell: shell})
		if diff := cmp.Diff("Run it\n"+c.want, log); diff != "" {
			t.Errorf("shell %q: log (-want +got):\n%s", shell, diff)
		}
	}
}

func TestEveryShellWithANameIsKnownHere(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // where there is none
	for _, shell := range workflow.Shells {
		conclusion, log := executeSteps(t, localhub.Step{Name: "it", Run: "true", Shell: shell})
		if want := fmt.Sprintf("Error: shell %q: there is no %[1]s on this machine: install it, or name another shell\n", shell); conclusion != localhub.Failure || !strings.HasSuffix(log, want) {
			t.Errorf("got %s and %q, want failure and %q", conclusion, log, want)
		}
	}
}

func TestWithoutBashTheDefaultIsSh(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(sh, filepath.Join(bin, "sh")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	if conclusion, log := executeSteps(t, localhub.Step{Name: "it", Run: "echo $0; false; echo not reached"}); conclusion != localhub.Failure || strings.Contains(log, "not reached") {
		t.Errorf("got %s and %q, want failure at its second command", conclusion, log)
	}
}

func TestAShellThatIsNoCommandIsSaid(t *testing.T) {
	for shell, want := range map[string]string{`bash "{0}`: "is no command", " ": "it is empty", "fish {0}": "there is no fish on this machine"} {
		if conclusion, log := executeSteps(t, localhub.Step{Name: "it", Run: "true", Shell: shell}); conclusion != localhub.Failure || !strings.Contains(log, want) {
			t.Errorf("shell %q: got %s and %q, want failure and %q", shell, conclusion, log, want)
		}
	}
}

func TestAStepWorksInItsDirectoryWithItsEnvironment(t *testing.T) {
	elsewhere := t.TempDir()
	conclusion, log := executeSteps(t,
		localhub.Step{Name: "make it", Run: `mkdir -p "a/b c"`},
		localhub.Step{Name: "below", Run: `echo "${PWD#"$GITHUB_WORKSPACE"/} $WHO"`, WorkingDirectory: "a/b c", Env: map[string]string{"WHO": "you", "GITHUB_JOB": "x"}},
		localhub.Step{Name: "elsewhere", Run: `test "$(pwd -P)" = "$(cd "` + elsewhere + `"; pwd -P)"; echo "$WHO."`, WorkingDirectory: elsewhere},
		localhub.Step{Name: "nowhere", Run: "echo not reached", WorkingDirectory: "a/x"},
	)
	want := "Run make it\nRun below\na/b c you\nRun elsewhere\n.\nRun nowhere\n" +
		"Error: working-directory \"a/x\" is not there: make it in a step before, or mend its name\n"
	if diff := cmp.Diff(want, log); diff != "" || conclusion != localhub.Failure {
		t.Errorf("got %s, want failure; log (-want +got):\n%s", conclusion, diff)
	}
}

func TestAStepGoesByWhatBecameOfThoseBefore(t *testing.T) {
	step := func(name, when string) localhub.Step { return localhub.Step{Name: name, Run: "echo", When: when} }
	harmless := localhub.Step{Name: "harmless", Run: "exit 3", ContinueOnError: true}
	here := localhub.Step{Name: "actions/checkout@v4", NotHere: "actions run on GitHub only"}
	for _, c := range []struct {
		steps      []localhub.Step
		want       string
		conclusion string
	}{
		{[]localhub.Step{here, step("a", localhub.OnSuccess)}, "Not run here: actions/checkout@v4 (actions run on GitHub only)\nRun a\n", localhub.Success},
		{[]localhub.Step{harmless, step("a", "")}, "Run harmless\nError: Process completed with exit code 3.\nRun a\n", localhub.Success},
		{[]localhub.Step{step("a", localhub.OnFailure), step("b", localhub.Never), step("c", localhub.Always)}, "Skipped: a\nSkipped: b\nRun c\n", localhub.Success},
		{
			[]localhub.Step{{Name: "bad", Run: "false"}, step("a", ""), step("b", localhub.OnFailure), here, step("c", localhub.Always), step("d", localhub.Never)},
			"Run bad\nError: Process completed with exit code 1.\nRun b\nRun c\n", localhub.Failure,
		},
	} {
		conclusion, log := executeSteps(t, c.steps...)
		if diff := cmp.Diff(c.want, strings.ReplaceAll(log, "\n\n", "\n")); diff != "" || conclusion != c.conclusion {
			t.Errorf("got %s, want %s; log (-want +got):\n%s", conclusion, c.conclusion, diff)
		}
	}
}

func TestAStepTellsThoseAfterItTheirEnvironment(t *testing.T) {
	conclusion, log := executeSteps(t,
		localhub.Step{Name: "tell", Run: `{ echo "A=1"; echo "B=a=<<b"; echo "LONG<<END"; echo one; echo "two=2"; echo END; echo; } >> "$GITHUB_ENV"
mkdir bin; echo 'echo "it is found"' > bin/mayfly-found; chmod +x bin/mayfly-found
echo "$PWD/bin" >> "$GITHUB_PATH"
echo "x=1" >> "$GITHUB_OUTPUT"; echo "# Done" >> "$GITHUB_STEP_SUMMARY"; echo y=1 >> "$GITHUB_STATE"`},
		localhub.Step{Name: "hear", Run: `echo "$A $B $C $LONG"; mayfly-found; wc -c < "$GITHUB_OUTPUT"; echo "A=2" >> "$GITHUB_ENV"`, Env: map[string]string{"C": "3"}},
		localhub.Step{Name: "hear again", Run: `echo "$A."; mayfly-found`},
		localhub.Step{Name: "its own wins", Run: `echo "$A"; echo A >> "$GITHUB_ENV"`, Env: map[string]string{"A": "own"}},
	)
	want := "Run tell\nRun hear\n1 a=<<b 3 one\ntwo=2\nit is found\n0\nRun hear again\n2.\nit is found\nRun its own wins\nown\n" +
		"Error: GITHUB_ENV has \"A\", which is no assignment: write NAME=value\n"
	if diff := cmp.Diff(want, log); diff != "" || conclusion != localhub.Failure {
		t.Errorf("got %s, want failure; log (-want +got):\n%s", conclusion, diff)
	}
	if _, log := executeSteps(t, localhub.Step{Name: "it", Run: `echo "A<<END" >> "$GITHUB_ENV"`}); !strings.Contains(log, `no line "END" after it`) {
		t.Errorf("got %q, want the missing end said", log)
	}
}

func TestAStepThatTakesTooLongFailsAndAllThatItStartedIsGone(t *testing.T) {
	path, cut := tether(t)
	conclusion, log := executeSteps(t,
		localhub.Step{Name: "slow", Run: "exec 9> " + path + "; (trap '' INT; sleep 1000) & wait", Timeout: 100 * time.Millisecond},
		localhub.Step{Name: "look", Run: "echo looked", When: localhub.OnFailure},
	)
	want := "Run slow\nError: The step has exceeded the maximum execution time of 100ms.\nRun look\nlooked\n"
	if diff := cmp.Diff(want, log); diff != "" || conclusion != localhub.Failure {
		t.Errorf("got %s, want failure; log (-want +got):\n%s", conclusion, diff)
	}
	cut()
}

func TestAJobThatTakesTooLongIsCancelled(t *testing.T) {
	conclusion, log := executeWork(t.Context(), t, localhub.Work{Name: "check", Timeout: 100 * time.Millisecond, Steps: []localhub.Step{
		{Name: "slow", Run: "sleep 1000", Timeout: time.Hour}, {Name: "not reached", Run: "true"},
	}})
	if want := "Run slow\nError: The job has exceeded the maximum execution time of 100ms.\n"; log != want || conclusion != localhub.Cancelled {
		t.Errorf("got %s and %q, want cancelled and %q", conclusion, log, want)
	}
}
