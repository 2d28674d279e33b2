package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hook runs a hook as GitHub's runner does: `bash -e {0}`.
// Source: github.com/actions/runner, src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs.
func hook(t *testing.T, hooks Hooks, name string, env ...string) (output string, err error) {
	t.Helper()
	process := exec.CommandContext(t.Context(), "bash", "-e", filepath.Join(hooks.dir, name))
	process.Env = append(env, "PATH="+os.Getenv("PATH"))
	said, err := process.CombinedOutput()
	return string(said), err
}

func install(t *testing.T) Hooks {
	t.Helper()
	defer syscall.Umask(syscall.Umask(0o077)) // as the agent's
	hooks, err := InstallHooks(filepath.Join(t.TempDir(), "hooks"))
	if err != nil {
		t.Fatal(err)
	}
	return hooks
}

func TestAJobOfAnotherRepositoryFailsBeforeItsFirstStep(t *testing.T) {
	hooks := install(t)
	for name, test := range map[string]struct {
		ours   int64
		theirs string
		fails  bool
	}{
		"its own":         {5, "GITHUB_REPOSITORY_ID=5", false},
		"another's":       {5, "GITHUB_REPOSITORY_ID=7", true},
		"a longer id":     {5, "GITHUB_REPOSITORY_ID=55", true},
		"a pattern":       {5, "GITHUB_REPOSITORY_ID=*", true},
		"any, if unsaid":  {0, "GITHUB_REPOSITORY_ID=7", false},
		"an old GitHub's": {5, "OTHER=7", false},
	} {
		output, err := hook(t, hooks, startedHook, append(hooks.Variables(test.ours, nil), "GITHUB_REPOSITORY=octo/demo", test.theirs)...)
		if (err != nil) != test.fails {
			t.Errorf("%s: got %v, want a failure: %v", name, err, test.fails)
		}
		if told := strings.Contains(output, "::error") && strings.Contains(output, "octo/demo"); told != test.fails {
			t.Errorf("%s: the job's log has %q, want it told: %v", name, output, test.fails)
		}
	}
}

func TestAJobsLogIsToldWhatTheJobCannotKnow(t *testing.T) {
	hooks := install(t)
	cgroup := &fakeCgroup{t.TempDir()}
	run := func() string {
		t.Helper()
		output, err := hook(t, hooks, completedHook, cgroupVariable+"="+cgroup.dir)
		if err != nil {
			t.Errorf("the hook failed, and would fail the job: %v", err)
		}
		return output
	}
	cgroup.write(t, "memory.events", "low 0\nmax 12\noom 1\noom_kill 0\noom_group_kill 0\n")
	if got := run(); got != "" {
		t.Errorf("nothing happened, and the log has %q", got)
	}
	cgroup.write(t, "memory.events", "oom 2\noom_kill 2\noom_group_kill 0\n")
	if err := hooks.Annotate("::error title=Spot::It is gone"); err != nil {
		t.Fatal(err)
	}
	got := run()
	for _, want := range []string{"::error title=Spot::It is gone\n", "ended 2 of this job's processes"} {
		if !strings.Contains(got, want) {
			t.Errorf("the job's log: got %q, want %q in it", got, want)
		}
	}
	if output, err := hook(t, hooks, completedHook); err != nil || strings.Contains(output, "memory") {
		t.Errorf("with no cgroup: got %q, %v, want nothing of memory", output, err)
	}
}

func TestHooksAreReadByOthersAndWrittenByNone(t *testing.T) {
	hooks := install(t)
	if err := hooks.Annotate("x"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", startedHook, completedHook, annotation} {
		info, err := os.Stat(filepath.Join(hooks.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got&0o022 != 0 || got&0o044 != 0o044 {
			t.Errorf("%s: mode %o, want that others read and do not write it", name, got)
		}
	}
	if err := (Hooks{}).Annotate("x"); err != nil {
		t.Errorf("where no hooks are installed: %v", err)
	}
}

func TestAHookThatHangsIsEnded(t *testing.T) {
	for _, name := range []string{startedHook, completedHook} {
		script, err := hookFiles.ReadFile("hooks/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(script), `exec timeout 10 bash "$0" limited`) {
			t.Errorf("%s has no limit to its time", name)
		}
	}
}

// fakeCgroup is a directory with files as a cgroup has them.
type fakeCgroup struct{ dir string }

func (c *fakeCgroup) write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, file), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c *fakeCgroup) read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
