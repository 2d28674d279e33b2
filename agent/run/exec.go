package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	// grace is how long a runner has to end after SIGINT: to tell GitHub that its job is lost.
	grace = 10 * time.Second
	// drain is how long the output is read on after the runner's end. What the job left behind may
	// hold the pipe open for ever.
	drain = time.Second
)

// Exec is [Start] with a process in a group of its own. When ctx ends the group gets SIGINT, and
// 10 s later SIGKILL. Whatever of the group is alive when the runner has ended is killed.
func Exec(ctx context.Context, command Command) (exitCode int, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("start the runner: %w", err)
	}
	defer func() { _ = read.Close() }()

	process := exec.CommandContext(ctx, command.Args[0], command.Args[1:]...)
	process.Env, process.Dir = command.Env, command.Dir
	process.Stdout, process.Stderr = write, write
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGINT) }
	process.WaitDelay = grace
	err = process.Start()
	_ = write.Close()
	if err != nil {
		return 0, fmt.Errorf("start the runner: %w", err)
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(command.Out, read)
	}()
	err = process.Wait()
	_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL)
	_ = read.SetReadDeadline(time.Now().Add(drain))
	<-copied
	return exitCodeOf(process.ProcessState, err)
}

// exitCodeOf is a process's exit code; of one that a signal ended it is 128 and the signal, as
// shells have it.
func exitCodeOf(state *os.ProcessState, err error) (int, error) {
	if state == nil {
		return 0, fmt.Errorf("wait for the runner: %w", err)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, context.Canceled) {
		return state.ExitCode(), fmt.Errorf("wait for the runner: %w", err)
	}
	return state.ExitCode(), nil
}
