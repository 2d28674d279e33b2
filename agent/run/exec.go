package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	// grace is how long a runner has to end after SIGINT: to end its job, which it gives 10 s, and to
	// tell GitHub of it. Source: github.com/actions/runner, src/Runner.Sdk/ProcessInvoker.cs.
	grace = 15 * time.Second
	// drain is how long the output is read on after the runner's end. What the job left behind may
	// hold the pipe open for ever.
	drain = time.Second
)

// Exec is [Start] with a process in a group of its own, and in its cgroup if it has one. When ctx ends
// it gets SIGINT, as GitHub's own service sends it: the runner alone, which passes it on to its job. 15 s
// later it is killed. Whatever of its group and its cgroup is alive when the runner has ended is killed,
// too, but for the update of a runner that updates itself. The exit code of a runner that a signal ended
// is 128 and the signal's number, as shells have it.
func Exec(ctx context.Context, command Command) (exitCode int, err error) {
	return execute(ctx, command, grace, drain)
}

func execute(ctx context.Context, command Command, grace, drain time.Duration) (exitCode int, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("start the runner: %w", err)
	}
	defer func() { _ = read.Close() }()
	process := newProcess(ctx, command, write, grace)
	err = startAs(command.User, process)
	_ = write.Close()
	if err != nil {
		return 0, startError(command, err)
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(command.Out, read)
	}()
	err = process.Wait()
	if ctx.Err() != nil || process.ProcessState == nil || !updates(process.ProcessState.ExitCode()) {
		_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL) // most often nothing is left of the group
		_ = command.Cgroup.Kill()                               // what will not die ends with the machine
	}
	_ = read.SetReadDeadline(time.Now().Add(drain))
	<-copied
	if process.ProcessState == nil {
		return 0, fmt.Errorf("wait for the runner: %w", err)
	}
	return exitCodeOf(process.ProcessState), nil
}

func newProcess(ctx context.Context, command Command, output *os.File, grace time.Duration) *exec.Cmd {
	process := exec.CommandContext(ctx, command.Args[0], command.Args[1:]...)
	process.Env, process.Dir = command.Env, command.Dir
	process.Stdout, process.Stderr = output, output
	process.SysProcAttr = attributes(command)
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGINT) }
	process.WaitDelay = grace
	return process
}

// startAs starts a process as a user, with its umask. That is the whole agent's for this moment: nothing else
// of it makes files that rely on one. The process has none of the agent's protection from a lack of memory.
func startAs(user *User, process *exec.Cmd) error {
	if user == nil {
		return process.Start()
	}
	process.SysProcAttr.Credential = &syscall.Credential{Uid: user.UID, Gid: user.GID, Groups: user.Groups}
	umask := user.Umask
	if umask == 0 {
		umask = 0o077
	}
	defer syscall.Umask(syscall.Umask(umask))
	if err := process.Start(); err != nil {
		return err
	}
	if err := expose(process.Process.Pid); err != nil {
		_ = process.Process.Kill()
		_ = process.Wait()
		return err
	}
	return nil
}

func startError(command Command, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("start the runner: %w: build the image with GitHub's runner there, or say in the user data's runner_command where it is", err)
	}
	return fmt.Errorf("start the runner in %s: %w", command.Dir, err)
}

func exitCodeOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
