package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// program is the real mayfly, with the real agent beside it.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "mayfly-e2e-")
	if err != nil {
		panic(err)
	}
	build := exec.Command("go", "build", "-o", dir, "github.com/mayfly-ci/mayfly/cmd/mayfly", "github.com/mayfly-ci/mayfly/cmd/agent")
	if output, err := build.CombinedOutput(); err != nil {
		panic(string(output))
	}
	program = filepath.Join(dir, "mayfly")
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// command is the program with temporary files in a directory of their own.
func command(t testing.TB, arguments ...string) (process *exec.Cmd, out, errs *bytes.Buffer, temp string) {
	t.Helper()
	out, errs, temp = new(bytes.Buffer), new(bytes.Buffer), t.TempDir()
	process = exec.CommandContext(t.Context(), program, arguments...)
	process.Env = append(os.Environ(), "TMPDIR="+temp)
	process.Stdout, process.Stderr = out, errs
	return process, out, errs, temp
}

// mayfly runs the program to its end.
func mayfly(t *testing.T, arguments ...string) (exitCode int, stdout, stderr, temp string) {
	t.Helper()
	process, out, errs, temp := command(t, arguments...)
	err := process.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return process.ProcessState.ExitCode(), out.String(), errs.String(), temp
}

// totals reads the one line of JSON.
func totals(t *testing.T, stdout string) map[string]any {
	t.Helper()
	got := map[string]any{}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("got %q on stdout (%v), want one line with one JSON object", stdout, err)
	}
	return got
}

func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("got %v (%v) left in the temporary directory, want nothing", left, err)
	}
}

func TestEightJobsBecomeInstancesRunAndAreGone(t *testing.T) {
	code, stdout, stderr, temp := mayfly(t, "demo", "--json", "--seed", "1")
	if code != 0 {
		t.Errorf("got exit code %d, want 0; stderr:\n%s", code, stderr)
	}
	form := regexp.MustCompile(`^{"jobs":8,"completed":8,"succeeded":8,"lost":0,"instances_launched":8,"instances_left":0,` +
		`"ec2_calls":[1-9]\d*,"github_calls":[1-9]\d*,"queue_seconds":{"p50":\d+(\.\d+)?,"p99":\d+(\.\d+)?}}\n$`)
	if !form.MatchString(stdout) {
		t.Errorf("got %s on stdout, want %s", stdout, form)
	}
	for what, want := range map[string]int{": success": 8, "  launching: ": 8, "  terminated": 8, "  running on i-": 8} {
		if got := strings.Count(stderr, what); got != want {
			t.Errorf("got %d lines with %q, want %d:\n%s", got, what, want, stderr)
		}
	}
	empty(t, temp)
}

func TestWithoutJSONAllOfItIsOnStdout(t *testing.T) {
	code, stdout, stderr, _ := mayfly(t, "demo", "--jobs", "1")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "1 job: 1 succeeded, 0 failed, 0 lost\n") {
		t.Errorf("got exit code %d, stderr %q, stdout:\n%s\nwant 0, nothing, and the totals of one job", code, stderr, stdout)
	}
	if strings.Contains(stdout, "\x1b") {
		t.Errorf("got colours in a file:\n%q", stdout)
	}
}

func TestWithFaultsEveryJobCompletesAndNothingIsLeft(t *testing.T) {
	code, stdout, stderr, temp := mayfly(t, "demo", "--faults", "--json", "--seed", "1", "--jobs", "4")
	got := totals(t, stdout)
	if code != 0 || got["completed"] != 4.0 || got["lost"] != 0.0 || got["instances_left"] != 0.0 {
		t.Errorf("got exit code %d and %v, want 0, 4 jobs completed, none lost and no instance left; stderr:\n%s", code, got, stderr)
	}
	if fired, _ := got["faults"].(map[string]any); len(fired) == 0 {
		t.Errorf("got the faults %v, want some", got["faults"])
	}
	for _, want := range []string{"Faults are on", "  fault  ", "FAULT                FIRED  REPAIR"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("got %s, want %q in it", stderr, want)
		}
	}
	empty(t, temp)
}

func TestAFailedStepFailsItsJobAndTheDemoAndShowsWhy(t *testing.T) {
	code, stdout, stderr, _ := mayfly(t, "demo", "--json", "--step", "echo reason; exit 3")
	if code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	got := totals(t, stdout)
	want := map[string]any{"jobs": 8.0, "completed": 8.0, "succeeded": 7.0, "lost": 0.0, "instances_launched": 8.0, "instances_left": 0.0}
	for key := range got {
		if _, fixed := want[key]; !fixed {
			delete(got, key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if want := "  reason\n  Error: Process completed with exit code 3.\n"; !strings.Contains(stderr, want) {
		t.Errorf("got %s, want the job's log with %q", stderr, want)
	}
}

func TestWhatIsMisusedIsSaidInOneLine(t *testing.T) {
	for arguments, want := range map[string]string{
		"demonstrate":   `mayfly: there is no command "demonstrate"; ` + "`mayfly help` lists them\n",
		"demo --jobs 0": "mayfly: flag --jobs 0: then there is nothing to do; add --keep, to wait for webhooks or to look around\n",
		"machine":       "mayfly: machine takes one argument, the agent's path, and got 0\n",
	} {
		code, stdout, stderr, _ := mayfly(t, strings.Fields(arguments)...)
		if code != 2 || stdout != "" || stderr != want {
			t.Errorf("%s: got exit code %d, %q and %q, want 2, nothing and %q", arguments, code, stdout, stderr, want)
		}
	}
	if code, stdout, _, _ := mayfly(t, "help"); code != 0 || !strings.Contains(stdout, "mayfly demo") || !strings.Contains(stdout, "started by the demo") {
		t.Errorf("help: got exit code %d and %q, want 0 and all commands", code, stdout)
	}
}
