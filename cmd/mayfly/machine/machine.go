// Package machine is an instance's place on this computer: one process that stands for a whole
// machine. It starts the agent, and when the machine ends, everything on it ends.
//
//	demo ─▶ machine ─▶ agent ─▶ runner ─▶ step
//	         ▲ adopts whatever daemonises itself, and kills it at the end
package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// EndpointVariable tells the agent where its machine's metadata is.
const EndpointVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"

// inherited is all that the agent gets of this process's environment, for an instance's is bare.
var inherited = []string{EndpointVariable, "PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME"}

// Run is the life of a machine: it lasts until the agent ends, the context ends, or the plug is
// pulled, which is that nothing more can be read from it. Whoever holds the other end of the plug
// may die in any way, and the machine ends. Then all is killed that the agent ever started, and the
// machine's disk, a new temporary directory, is removed.
//
// The exit code is the agent's if it ended by itself, 0 if the machine was ended, and 1 with an error
// if there was no machine, or not all of it ended.
func Run(ctx context.Context, agent string, plug io.Reader) (exitCode int, err error) {
	disk, err := os.MkdirTemp("", "mayfly-machine-")
	if err != nil {
		return 1, fmt.Errorf("machine: make its disk: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(disk)) }()
	if err := adopt(); err != nil {
		return 1, fmt.Errorf("machine: %w", err)
	}
	// The context ends the machine, below: it must not end the agent alone.
	process := exec.CommandContext(context.WithoutCancel(ctx), agent)
	process.Env, process.Dir = environment(disk), disk
	process.Stdout, process.Stderr = os.Stdout, os.Stderr
	process.SysProcAttr = ownGroup()
	if err := process.Start(); err != nil {
		return 1, fmt.Errorf("machine: start the agent: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = process.Wait() // its exit code is in the state
	}()
	select {
	case <-gone:
		exitCode = process.ProcessState.ExitCode()
	case <-ctx.Done():
	case <-pulled(plug):
	}
	stop(process.Process, gone)
	if err := sweep(process.Process.Pid); err != nil {
		return 1, fmt.Errorf("machine: %w", err)
	}
	return exitCode, nil
}

// pulled is closed when nothing more can be read from the plug.
func pulled(plug io.Reader) <-chan struct{} {
	out := make(chan struct{})
	go func() {
		defer close(out)
		_, _ = io.Copy(io.Discard, plug)
	}()
	return out
}

func environment(disk string) []string {
	env := []string{"HOME=" + disk, "TMPDIR=" + disk}
	for _, name := range inherited {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}
