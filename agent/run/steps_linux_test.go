package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A runner such as GitHub's: a listener whose worker runs a step, and goes on when that has failed.
const (
	workerScript = "#!/bin/sh\n" + `sh -c 'trap "" INT; exec 3>alive; sleep 600 & echo in step; wait'; echo "step failed: $?"` + "\n"
	listenScript = `trap 'echo interrupted; exit 1' INT; ./Runner.Worker & wait $!; echo job ended; exit 0`
)

func TestAStepFailsAndItsRunnerLivesToTell(t *testing.T) {
	failed := make(chan bool, 1)
	out := &onLine{line: "in step"}
	out.do = func() { out.do = nil; failed <- FailSteps() }
	command := script(t, out, listenScript)
	alive := fifo(t, command.Dir)
	if err := os.WriteFile(filepath.Join(command.Dir, worker), []byte(workerScript), 0o700); err != nil {
		t.Fatal(err)
	}
	code, err := Exec(t.Context(), command)
	if err != nil || code != 0 {
		t.Errorf("got exit code %d, %v, want 0", code, err)
	}
	if !<-failed {
		t.Error("no step was found")
	}
	if got := out.String(); !strings.Contains(got, "step failed: 143\njob ended\n") {
		t.Errorf("output: got %q, want that the step failed of SIGTERM, and the job ended after it", got)
	}
	wantGone(t, alive)
}

func TestWithNoJobThereIsNoStep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	found := make(chan bool, 1)
	out := &onLine{line: "ready"}
	out.do = func() { out.do = nil; found <- FailSteps(); cancel() }
	if _, err := Exec(ctx, script(t, out, `echo ready; sleep 600 & wait`)); err != nil {
		t.Fatal(err)
	}
	if <-found {
		t.Error("a step was found in a runner that has no worker")
	}
}
