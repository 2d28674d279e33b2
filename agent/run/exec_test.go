package run

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script is a shell script to run. The tests wait for what it says, not for a time.
func script(t *testing.T, out io.Writer, text string) Command {
	t.Helper()
	return Command{Args: []string{"/bin/sh", "-c", text}, Env: []string{"PATH=/usr/bin:/bin", "GIVEN=yes"}, Dir: t.TempDir(), Out: out}
}

func TestExecGivesOutputDirectoryEnvironmentAndExitCode(t *testing.T) {
	t.Setenv("NOT_GIVEN", "x")
	var out bytes.Buffer
	command := script(t, &out, `pwd; env | grep GIVEN; echo problem >&2; exit 7`)
	code, err := Exec(t.Context(), command)
	if err != nil || code != 7 {
		t.Errorf("got exit code %d, %v, want 7", code, err)
	}
	if diff := cmp.Diff(command.Dir+"\nGIVEN=yes\nproblem\n", out.String()); diff != "" {
		t.Errorf("output, want - got +:\n%s", diff)
	}
}

func TestExecOfWhatIsNotThereIsAnError(t *testing.T) {
	command := script(t, io.Discard, "")
	command.Args = []string{"/nowhere/run.sh"}
	if _, err := Exec(t.Context(), command); err == nil || !strings.Contains(err.Error(), "start the runner") {
		t.Errorf("error: got %v, want one about the start", err)
	}
}

func TestARunnerIsAskedToEndBeforeItIsKilled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &onLine{line: "ready", do: cancel}
	// wait is a builtin that a trap interrupts; a foreground sleep would have to end first.
	command := script(t, out, `exec 3>alive; trap 'echo interrupted; exit 3' INT; sleep 600 & echo ready; wait`)
	alive := fifo(t, command.Dir)
	code, err := Exec(ctx, command)
	if err != nil || code != 3 {
		t.Errorf("got exit code %d, %v, want 3", code, err)
	}
	if got := out.String(); !strings.Contains(got, "interrupted") {
		t.Errorf("output: got %q, want that it was interrupted", got)
	}
	wantGone(t, alive)
}

func TestARunnerThatDoesNotListenIsKilledWithAllOfItsGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &onLine{line: "ready", do: cancel}
	command := script(t, out, `exec 3>alive; trap '' INT; sleep 600 & echo ready; wait`)
	alive := fifo(t, command.Dir)
	code, err := execute(ctx, command, 10*time.Millisecond, drain)
	if want := 128 + int(syscall.SIGKILL); err != nil || code != want {
		t.Errorf("got exit code %d, %v, want %d", code, err, want)
	}
	wantGone(t, alive)
}

func TestWhatAJobLeavesBehindEndsWithTheRunner(t *testing.T) {
	command := script(t, io.Discard, `exec 3>alive; sleep 600 & exit 0`)
	alive := fifo(t, command.Dir)
	code, err := Exec(t.Context(), command)
	if err != nil || code != 0 {
		t.Errorf("got exit code %d, %v, want 0", code, err)
	}
	wantGone(t, alive)
}

func TestADaemonThatHoldsTheOutputDoesNotHoldTheAgent(t *testing.T) {
	command := script(t, io.Discard, `setsid sh -c 'echo $$ > left; exec sleep 60' & until test -s left; do :; done; exit 5`)
	code, err := execute(t.Context(), command, grace, 10*time.Millisecond)
	if err != nil || code != 5 {
		t.Errorf("got exit code %d, %v, want 5", code, err)
	}
	left, err := os.ReadFile(filepath.Join(command.Dir, "left"))
	if err != nil {
		t.Fatal(err)
	}
	daemon, err := strconv.Atoi(strings.TrimSpace(string(left)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(daemon, syscall.SIGKILL); err != nil {
		t.Errorf("the daemon was no longer there to hold anything: %v", err)
	}
}

// fifo is a pipe named "alive" whose end tells that no process holds it any more.
func fifo(t *testing.T, dir string) *os.File {
	t.Helper()
	name := filepath.Join(dir, "alive")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// wantGone wants that every process that held a fifo has ended.
func wantGone(t *testing.T, alive *os.File) {
	t.Helper()
	if err := alive.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := alive.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a process of the runner's group is alive: %v", err)
	}
}

// onLine does something when a line is written to it.
type onLine struct {
	line string
	do   func()
	mu   sync.Mutex
	b    bytes.Buffer
}

func (o *onLine) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b.Write(p)
	if o.do != nil && strings.Contains(o.b.String(), o.line+"\n") {
		o.do()
	}
	return len(p), nil
}

func (o *onLine) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
