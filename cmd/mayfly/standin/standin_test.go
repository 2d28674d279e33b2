package standin_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/standin"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// execute runs steps in a directory of their own, which is empty again afterwards.
func execute(ctx context.Context, t *testing.T, env map[string]string, scripts ...string) (conclusion, log string) {
	t.Helper()
	work := localhub.Work{JobID: 7, Name: "check", Env: env}
	for _, script := range scripts {
		name, _, _ := strings.Cut(script, "\n")
		work.Steps = append(work.Steps, localhub.Step{Name: name, Run: script})
	}
	return executeWork(ctx, t, work)
}

func executeWork(ctx context.Context, t *testing.T, work localhub.Work) (conclusion, log string) {
	t.Helper()
	here := t.TempDir()
	t.Chdir(here)
	var out bytes.Buffer
	work.Log = &out
	conclusion = standin.Execute(ctx, work)
	left, err := os.ReadDir(here)
	if err != nil || len(left) > 0 {
		t.Errorf("the job left %v (%v), want nothing", left, err)
	}
	return conclusion, out.String()
}

func TestStepsShareAWorkspaceAndTheJobsEnvironment(t *testing.T) {
	conclusion, log := execute(t.Context(), t, map[string]string{"GREETING": "hello"},
		`echo "$GREETING" > file`, `cat file; pwd | grep -q "^$GITHUB_WORKSPACE$"; echo "$GITHUB_JOB $CI"; test -d "$RUNNER_TEMP"`)
	if conclusion != localhub.Success {
		t.Errorf("got %s, want success", conclusion)
	}
	if got, want := log, "\nhello\ncheck true\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got the log %q, want %q at its end", got, want)
	}
}

func TestTheFirstStepThatFailsEndsTheJob(t *testing.T) {
	conclusion, log := execute(t.Context(), t, nil, "true", "false\necho not reached", "echo nor this")
	if conclusion != localhub.Failure {
		t.Errorf("got %s, want failure", conclusion)
	}
	if diff := cmp.Diff("Run true\nRun false\nError: Process completed with exit code 1.\n", log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestAStepSeesNothingOfTheRunnersEnvironment(t *testing.T) {
	t.Setenv("CANARY", "canary-1")
	t.Setenv(standin.JITVariable, "canary-2")
	_, log := execute(t.Context(), t, nil, "env")
	if strings.Contains(log, "canary") {
		t.Errorf("got the log %s, want no canary in it", log)
	}
	for _, want := range []string{"PATH=", "RUNNER_OS=" + standin.OS() + "\n", "RUNNER_ARCH="} {
		if !strings.Contains(log, "\n"+want) {
			t.Errorf("got the log %s, want %q in it", log, want)
		}
	}
}

func TestAJobThatIsToldToStopIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := filepath.Join(t.TempDir(), "started")
	// The step itself tells that it runs, by a file that somebody waits to read.
	told := tell(t, started)
	go func() {
		<-told
		cancel()
	}()
	conclusion, log := execute(ctx, t, nil, "echo > "+started+"\nexec sleep 1000", "echo not reached")
	if conclusion != localhub.Cancelled {
		t.Errorf("got %s, want cancelled", conclusion)
	}
	if !strings.HasSuffix(log, "Error: The operation was canceled.\n") || strings.Contains(log, "not reached\n") {
		t.Errorf("got the log %q, want it to end with the cancellation", log)
	}
}

func TestWhatAStepLeavesRunningDoesNotHoldTheJobUp(t *testing.T) {
	conclusion, log := execute(t.Context(), t, nil, "sleep 1000 & echo $!", "echo reached")
	if conclusion != localhub.Success || !strings.HasSuffix(log, "reached\n") {
		t.Errorf("got %s and the log %q, want success after both steps", conclusion, log)
	}
	end(t, strings.Split(log, "\n")[1])
}

func TestARunnerWithoutAJITConfigIsRefused(t *testing.T) {
	t.Setenv(standin.JITVariable, "")
	var out bytes.Buffer
	if got := standin.Run(t.Context(), &out); got != 1 || !strings.Contains(out.String(), standin.JITVariable) {
		t.Errorf("got exit code %d and %q, want 1 and the variable's name", got, out.String())
	}
}

func TestTheJITConfigLeavesTheEnvironmentBeforeAnythingElse(t *testing.T) {
	t.Setenv(standin.JITVariable, "canary")
	var out bytes.Buffer
	if got := standin.Run(t.Context(), &out); got != 1 {
		t.Errorf("got exit code %d, want 1: it is no JIT config", got)
	}
	if got, set := os.LookupEnv(standin.JITVariable); set {
		t.Errorf("got %q in the environment, want nothing", got)
	}
	if strings.Contains(out.String(), "canary") {
		t.Errorf("got %q, want no JIT config in it", out.String())
	}
}
