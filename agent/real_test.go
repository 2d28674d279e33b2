package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// runnerScript has one job, and tells what it can see. Its last line is an ancestor's.
const runnerScript = `
stamp() { date -u '+%Y-%m-%d %H:%M:%SZ'; }
echo "$(stamp): Listening for Jobs"
echo "$(stamp): Running job: build"
env | cut -d= -f1 | sort | tr '\n' ' '; echo
echo "config: $ACTIONS_RUNNER_INPUT_JITCONFIG; $(printf %s "$ACTIONS_RUNNER_INPUT_JITCONFIG" | base64 -w 0)"
echo "jit is ${#ACTIONS_RUNNER_INPUT_JITCONFIG} long"
test "$PWD" = "$HOME" && echo "at home"
ps -o args= -p $$ -p $PPID
echo "$(stamp): Job build completed with result: Succeeded"
`

func TestTheRealAgentRunsARealProcess(t *testing.T) {
	cloud := newSite(t, 1, runnerScript)
	id, agent := cloud.instance(t)
	agent.Env = append(agent.Env, "AWS_SECRET_ACCESS_KEY=x", "AWS_PROFILE=x", "LD_LIBRARY_PATH=/x", "GIT_DIR=/x", "HTTP_PROXY=http://127.0.0.1:1", "TMPDIR="+t.TempDir(), "TZ=UTC")
	var stdout, stderr bytes.Buffer
	agent.Stdout, agent.Stderr = &stdout, &stderr
	if err := agent.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &stdout, &stderr)
	}
	output := stdout.String()
	for _, want := range []string{fmt.Sprintf("jit is %d long", len(canary)), "at home", cloud.binary, "config: ***; ***\n"} {
		if !strings.Contains(output, want) {
			t.Errorf("output: got\n%s, want %q in it", output, want)
		}
	}
	for _, forbidden := range []string{"AWS_", "LD_", "GIT_", "PROXY", "TMPDIR", canary} {
		if strings.Contains(output+stderr.String(), forbidden) {
			t.Errorf("%s is in the runner's environment, or in the output:\n%s%s", forbidden, output, &stderr)
		}
	}
	if body, err := cloud.server.Get(t.Context(), runner.AssignmentKey(roleID, id)); !errors.Is(err, bucket.ErrNotFound) {
		t.Errorf("the assignment: got %d bytes, %v, want that it is gone", len(body), err)
	}
	body, err := cloud.server.Get(t.Context(), runner.ReportKey(roleID, id, 3))
	if err != nil {
		t.Fatal(err)
	}
	if last, err := assignment.DecodeReport(body); err != nil || last.Kind != assignment.Exited || !last.TookJob || last.ExitCode != 0 {
		t.Errorf("last report: got %+v, %v, want exited with 0 after a job", last, err)
	}
}

func TestTheRealAgentSaysByItsExitCodeThatNoJobRan(t *testing.T) {
	cloud := newSite(t, 1, "exit 7")
	_, agent := cloud.instance(t)
	var exit *exec.ExitError
	if err := agent.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
}

func TestTheRealAgentEndsInOrderWhenItIsTerminated(t *testing.T) {
	cloud := newSite(t, 1, `trap 'echo interrupted; exit 3' INT; sleep 600 & echo ready; wait`)
	id, agent := cloud.instance(t)
	out := &onReady{do: func() { _ = agent.Process.Signal(syscall.SIGTERM) }}
	agent.Stdout = out
	var exit *exec.ExitError
	if err := agent.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
	if got, want := out.String(), "ready\ninterrupted\n"; got != want {
		t.Errorf("the runner's output: got %q, want %q", got, want)
	}
	body, err := cloud.server.Get(t.Context(), runner.ReportKey(roleID, id, 1))
	if err != nil {
		t.Fatal(err)
	}
	if last, err := assignment.DecodeReport(body); err != nil || last.ExitCode != 3 {
		t.Errorf("report: got %+v, %v, want exit code 3", last, err)
	}
}

// onReady does something when the first line is written to it.
type onReady struct {
	buffer
	do   func()
	once sync.Once
}

func (o *onReady) Write(p []byte) (int, error) {
	o.once.Do(o.do)
	return o.buffer.Write(p)
}
