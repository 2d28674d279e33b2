package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// grace is how long a step has to end after SIGINT, until SIGKILL; and how long the output is read on
// after its end, for what it left behind may hold the output open for ever.
const grace = time.Second

// run runs a step's script as GitHub's runner does: in a file of its own, by its shell. It fails if the
// script's exit code is not 0.
func (p place) run(ctx context.Context, n int, step localhub.Step, env []string, output io.Writer) error {
	file := filepath.Join(p.temp, "step-"+strconv.Itoa(n))
	command, err := newScript(step, file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(command.file, []byte(command.text), 0o600); err != nil {
		return fmt.Errorf("write the step's script: %w", err)
	}
	directory, err := p.directory(step.WorkingDirectory)
	if err != nil {
		return err
	}
	process := exec.CommandContext(ctx, command.program, command.args...)
	process.Dir, process.Stdout, process.Stderr = directory, output, output
	process.Env = slices.Concat(env, variables(step.Env))
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end it with all that it has started
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGINT) }
	process.WaitDelay = grace
	err = process.Run()
	if ctx.Err() != nil && process.Process != nil {
		_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL) // what is still there; there may be nothing
	}
	return ended(err)
}

// directory is where a step works.
func (p place) directory(given string) (string, error) {
	path := given
	if !filepath.IsAbs(given) {
		path = filepath.Join(p.workspace, given)
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return "", fmt.Errorf("working-directory %q is not there: make it in a step before, or mend its name", given)
	}
	return path, nil
}

// ended is what is wrong with how a script ended.
func ended(err error) error {
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		return exitError(exited.ExitCode())
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it ended well, and left something running
	case err != nil:
		return fmt.Errorf("run the step: %w", err)
	}
	return nil
}

// exitError is a script's exit code other than 0, in the words of GitHub's runner.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("Process completed with exit code %d.", int(e)) }
