package standin

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

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
		"RUNNER_OS="+OS(), "RUNNER_ARCH="+architecture(), "RUNNER_TEMP="+p.temp,
	)
	return append(env, variables(work.Env)...)
}

// OS is this computer's system, in the words of GitHub's runner.
// Source: docs.github.com, "Variables", RUNNER_OS.
func OS() string {
	if runtime.GOOS == "darwin" {
		return "macOS"
	}
	return "Linux"
}

// architecture is this computer's, in the same words.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "X64"
	}
	return strings.ToUpper(runtime.GOARCH)
}

// variables are an env as a process gets it.
func variables(env map[string]string) []string {
	var all []string
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	return all
}
