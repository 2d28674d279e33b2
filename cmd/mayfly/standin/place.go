package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// place is where one job works.
type place struct {
	root      string
	workspace string // the steps' working directory
	temp      string // scripts, and what steps want to be rid of
}

func newPlace() (place, error) {
	here, err := os.Getwd()
	if err != nil {
		return place{}, fmt.Errorf("make the work directory: %w", err)
	}
	root, err := os.MkdirTemp(here, "work-")
	if err != nil {
		return place{}, fmt.Errorf("make the work directory: %w", err)
	}
	p := place{root: root, workspace: filepath.Join(root, "workspace"), temp: filepath.Join(root, "temp")}
	for _, dir := range []string{p.workspace, p.temp} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return place{}, fmt.Errorf("make the work directory: %w", err)
		}
	}
	return p, nil
}

// clear removes what the job left. What cannot be removed goes with the machine.
func (p place) clear() { _ = os.RemoveAll(p.root) }

// inherited is all that a step gets of the runner's own environment.
var inherited = []string{"PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "SHELL"}

// environment is a step's: what it may inherit, what GitHub's runner sets for every step, and last
// the job's own, which wins.
func (p place) environment(own []string, work localhub.Work) []string {
	var env []string
	for _, entry := range own {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(inherited, name) {
			env = append(env, entry)
		}
	}
	env = append(env,
		"CI=true", "GITHUB_ACTIONS=true", "GITHUB_JOB="+work.Name, "GITHUB_WORKSPACE="+p.workspace,
		"RUNNER_OS="+runtime.GOOS, "RUNNER_ARCH="+runtime.GOARCH, "RUNNER_TEMP="+p.temp,
	)
	for name, value := range work.Env {
		env = append(env, name+"="+value)
	}
	return env
}

// grace is how long a step has to end after SIGINT, until SIGKILL; and how long the output is read on
// after its end, for what it left behind may hold the output open for ever.
const grace = time.Second

// run runs a step's script as GitHub's runner does: in a file of its own, by bash -e, or by sh -e
// where there is no bash. It fails if the script's exit code is not 0.
func (p place) run(ctx context.Context, n int, script string, env []string, output io.Writer) error {
	file := filepath.Join(p.temp, "step-"+strconv.Itoa(n)+".sh")
	if err := os.WriteFile(file, []byte(script+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the step's script: %w", err)
	}
	shell, err := exec.LookPath("bash")
	if err != nil {
		shell = "sh"
	}
	step := exec.CommandContext(ctx, shell, "-e", file)
	step.Dir, step.Env, step.Stdout, step.Stderr = p.workspace, env, output, output
	step.Cancel = func() error { return step.Process.Signal(os.Interrupt) }
	step.WaitDelay = grace
	err = step.Run()
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
