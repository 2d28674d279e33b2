package machine_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/machine"
)

// asMachine makes this test's binary a machine: it has to be a process of its own, for it adopts and
// ends whatever is below it.
const asMachine = "MAYFLY_TEST_MACHINE"

func TestMain(m *testing.M) {
	agent := os.Getenv(asMachine)
	if agent == "" {
		os.Exit(m.Run())
	}
	code, err := machine.Run(context.Background(), agent, os.Stdin)
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

// hall is where one machine runs, and how a test sees that all that ran on it is gone: everything
// that an agent starts holds the tether's other end, whose end of file comes when the last has died.
type hall struct {
	process *exec.Cmd
	plug    io.Closer
	temp    string
	tether  *bufio.Reader
}

// newHall starts a machine whose agent is a script. The tether is the script's file descriptor 9.
func newHall(t *testing.T, script string) *hall {
	t.Helper()
	dir := t.TempDir()
	pipe, agent := filepath.Join(dir, "tether"), filepath.Join(dir, "agent")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(agent, []byte("#!/bin/sh\nexec 9> "+pipe+"\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	h := &hall{temp: filepath.Join(dir, "temp")}
	if err := os.Mkdir(h.temp, 0o700); err != nil {
		t.Fatal(err)
	}
	h.process = exec.CommandContext(t.Context(), os.Args[0])
	h.process.Env = append(os.Environ(), asMachine+"="+agent, "TMPDIR="+h.temp)
	h.process.Stderr = os.Stderr
	plug, err := h.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.plug = plug
	if err := h.process.Start(); err != nil {
		t.Fatal(err)
	}
	tether, err := os.Open(pipe) // waits for the script
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tether.Close() })
	h.tether = bufio.NewReader(tether)
	return h
}

// hear waits for a line that the script writes to the tether.
func (h *hall) hear(t *testing.T, want string) {
	t.Helper()
	if got, err := h.tether.ReadString('\n'); err != nil || got != want+"\n" {
		t.Fatalf("the agent said %q (%v), want %q", got, err, want)
	}
}

// allGone waits until nothing of the machine is left.
func (h *hall) allGone(t *testing.T) {
	t.Helper()
	if _, err := io.Copy(io.Discard, h.tether); err != nil {
		t.Fatal(err)
	}
	_ = h.process.Wait() // its exit code is looked at where it matters
	left, err := os.ReadDir(h.temp)
	if err != nil || len(left) > 0 {
		t.Errorf("the machine's disk is left: %v (%v), want nothing", left, err)
	}
}

// daemons leaves something running in every way that a job might: in the background, in a session of
// its own, and as an orphan that is two forks away from all that knew it.
const daemons = `
sleep 1000 &
setsid sleep 1000 &
(setsid sh -c '(sleep 1000 &) ; sleep 1000' &)
`

func TestTheMachineEndsWithItsAgentAndTakesDaemonsAlong(t *testing.T) {
	h := newHall(t, daemons+"exit 7\n")
	h.allGone(t)
	if got, want := h.process.ProcessState.ExitCode(), 7; got != want {
		t.Errorf("got exit code %d, want the agent's %d", got, want)
	}
}

func TestPullingThePlugEndsEverything(t *testing.T) {
	h := newHall(t, daemons+"trap '' TERM INT HUP\necho ready >&9\nsleep 1000\n")
	h.hear(t, "ready")
	if err := h.plug.Close(); err != nil {
		t.Fatal(err)
	}
	h.allGone(t)
	if got := h.process.ProcessState.ExitCode(); got != 0 {
		t.Errorf("got exit code %d, want 0: it was ended from outside", got)
	}
}

func TestTheAgentsEnvironmentIsBareAndItsHomeIsTheDisk(t *testing.T) {
	t.Setenv("SECRET_OF_MINE", "canary")
	t.Setenv(machine.EndpointVariable, "http://127.0.0.1:1")
	h := newHall(t, `env | grep -q canary || echo bare >&9
test "$HOME" = "$PWD" && test "$TMPDIR" = "$PWD" && echo home >&9
echo "$AWS_EC2_METADATA_SERVICE_ENDPOINT" >&9
`)
	h.hear(t, "bare")
	h.hear(t, "home")
	h.hear(t, "http://127.0.0.1:1")
	h.allGone(t)
}

func TestAMachineWithoutAnAgentIsAnError(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	code, err := machine.Run(t.Context(), filepath.Join(t.TempDir(), "missing"), os.Stdin)
	if code != 1 || err == nil {
		t.Errorf("got exit code %d and %v, want 1 and an error", code, err)
	}
}
