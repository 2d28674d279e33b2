package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACgroupIsDividedBeforeItIsBounded(t *testing.T) {
	whole := &fakeCgroup{t.TempDir()}
	whole.write(t, "cgroup.procs", "17\n4242\n")
	c, err := Divide(whole.dir, Bounds{PIDs: 4096, Memory: 3 << 30})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"agent/cgroup.procs":     "4242", // the last that was written there
		"runner/pids.max":        "4096",
		"runner/memory.max":      "3221225472",
		"cgroup.subtree_control": "+memory",
	} {
		if got := whole.read(t, file); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
	if got, want := c.Dir(), filepath.Join(whole.dir, "runner"); got != want {
		t.Errorf("the runner's: got %s, want %s", got, want)
	}
	if _, err := os.Stat(filepath.Join(c.Dir(), "memory.oom.group")); err == nil {
		t.Error("memory.oom.group was written: the runner would die with the step that took its memory")
	}
}

func TestWithNoBoundsNoControllerIsNeeded(t *testing.T) {
	whole := &fakeCgroup{t.TempDir()}
	whole.write(t, "cgroup.procs", "")
	if _, err := Divide(whole.dir, Bounds{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(whole.dir, "cgroup.subtree_control")); err == nil {
		t.Error("a controller was asked for")
	}
}

func TestACgroupThatIsNotDelegatedIsAnErrorThatSaysSo(t *testing.T) {
	_, err := Divide(filepath.Join(t.TempDir(), "nowhere"), Bounds{})
	if err == nil || !strings.Contains(err.Error(), "Delegate=yes") {
		t.Errorf("error: got %v, want one that names what to set", err)
	}
}

func TestNoCgroupHasNothingToKill(t *testing.T) {
	var none *Cgroup
	if err := none.Kill(); err != nil || none.Dir() != "" {
		t.Errorf("got %v and %q, want nothing", err, none.Dir())
	}
}
