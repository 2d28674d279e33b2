package run

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Variables of the runner's environment that the hooks read, and by which GitHub's runner finds them.
// Source: docs.github.com, "Running scripts before or after a job".
const (
	startedVariable    = "ACTIONS_RUNNER_HOOK_JOB_STARTED"
	completedVariable  = "ACTIONS_RUNNER_HOOK_JOB_COMPLETED"
	repositoryVariable = "MAYFLY_REPOSITORY_ID" // no job can set it for the hooks: they get none of a workflow's env
	cgroupVariable     = "MAYFLY_CGROUP"
)

const (
	startedHook   = "job-started.sh"
	completedHook = "job-completed.sh"
	annotation    = "annotation" // what the completed hook adds to the job's log
)

//go:embed hooks/*.sh
var hookFiles embed.FS

// Hooks are the scripts that GitHub's runner starts before and after its job, as the runner's user. They
// come with the agent, so that they are always its own, and are in a directory of root's, that nothing of
// the job may change.
type Hooks struct{ dir string }

// InstallHooks writes the hooks into a directory, which it makes. What is above it has to be open to the
// runner's user.
func InstallHooks(dir string) (Hooks, error) {
	err := os.MkdirAll(dir, 0o755) //nolint:gosec // the runner's user reads it
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // the same, whatever the umask is
	}
	if err != nil {
		return Hooks{}, fmt.Errorf("install the job's hooks: %w", err)
	}
	for _, name := range []string{startedHook, completedHook} {
		script, err := hookFiles.ReadFile("hooks/" + name)
		if err == nil {
			err = write(filepath.Join(dir, name), script)
		}
		if err != nil {
			return Hooks{}, fmt.Errorf("install the job's hooks: %w", err)
		}
	}
	return Hooks{dir: dir}, nil
}

// Variables are what the runner's environment needs for the hooks. With GitHub's id of a repository, a
// job of another one fails before its first step; zero lets any repository's job run.
func (h Hooks) Variables(repository int64, cgroup *Cgroup) []string {
	if h.dir == "" {
		return nil
	}
	return []string{
		startedVariable + "=" + filepath.Join(h.dir, startedHook),
		completedVariable + "=" + filepath.Join(h.dir, completedHook),
		repositoryVariable + "=" + strconv.FormatInt(repository, 10),
		cgroupVariable + "=" + cgroup.Dir(),
	}
}

// Annotate has a line added to the job's log when it ends, in place of any before: a workflow command such
// as "::error title=…::…". Source: docs.github.com, "Workflow commands for GitHub Actions".
func (h Hooks) Annotate(line string) error {
	if h.dir == "" {
		return nil
	}
	return write(filepath.Join(h.dir, annotation), []byte(line+"\n"))
}

// write writes a file that everybody may read, whatever the umask is.
func write(name string, content []byte) error {
	if err := os.WriteFile(name, content, 0o644); err != nil { //nolint:gosec // the runner's user reads it
		return err
	}
	return os.Chmod(name, 0o644) //nolint:gosec // the same
}
