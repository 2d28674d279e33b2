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
// 10 s later SIGKILL. Whatever of the group is alive when the runner has ended is killed. The exit
// code of a runner that a signal ended is 128 and the signal's number, as shells have it.
func Exec(ctx context.Context, command Command) (exitCode int, err error) {
	return execute(ctx, command, grace, drain)
}

func execute(ctx context.Context, command Command, grace, drain time.Duration) (exitCode int, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("start the runner: %w", err)
	}
	defer func() { _ = read.Close() }()
	process := exec.CommandContext(ctx, command.Args[0], command.Args[1:]...)
	process.Env, process.Dir = command.Env, command.Dir
	process.Stdout, process.Stderr = write, write
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return signalGroup(process.Process, syscall.SIGINT) }
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
	_ = signalGroup(process.Process, syscall.SIGKILL)
	_ = read.SetReadDeadline(time.Now().Add(drain))
	<-copied
	if process.ProcessState == nil {
		return 0, fmt.Errorf("wait for the runner: %w", err)
	}
	return exitCodeOf(process.ProcessState), nil
}

func signalGroup(leader *os.Process, signal syscall.Signal) error {
	err := syscall.Kill(-leader.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

func exitCodeOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
