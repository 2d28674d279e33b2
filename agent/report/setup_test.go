package report

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var launched = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var setup = Setup{
	Instance: "i-01234567", Type: "m7a.large", RunnerName: "mf-1",
	Timings: []runner.Timing{
		{Step: runner.StepInstanceLaunched, At: launched}, {Step: runner.StepKernelStarted, At: launched.Add(3210 * time.Millisecond)},
		{Step: runner.StepAgentStarted, At: launched.Add(12 * time.Second)},
	},
	Image: "ami-01234567", System: "Ubuntu 24.04.1 LTS", Kernel: "6.8.0-1021-aws", Profile: "compat",
}

// told are the groups in a runner's root, by their titles.
func told(t *testing.T, dir string) (groups [][2]string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, ".setup_info"))
	if err != nil {
		t.Fatal(err)
	}
	var read []struct{ Group, Detail string } // as GitHub's runner has them
	if err := json.Unmarshal(body, &read); err != nil {
		t.Fatal(err)
	}
	for _, group := range read {
		groups = append(groups, [2]string{group.Group, group.Detail})
	}
	return groups
}

func TestTheJobsLogTellsOfTheMachine(t *testing.T) {
	dir := t.TempDir()
	if err := setup.Write(dir); err != nil {
		t.Fatal(err)
	}
	want := [][2]string{
		{"Runner instance", "Instance: i-01234567\nType: m7a.large\nRunner: mf-1\n"},
		{"Timings", "   0.00 s    +0.00 s  instance launched\n   3.21 s    +3.21 s  kernel started\n  12.00 s    +8.79 s  agent started\n"},
		{"Image", "Image: ami-01234567\nSystem: Ubuntu 24.04.1 LTS\nKernel: 6.8.0-1021-aws\nProfile: compat\n"},
	}
	if diff := cmp.Diff(want, told(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, ".setup_info")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("got mode %v, %v, want that the runner may read it", info.Mode(), err)
	}
}

func TestTheJobsLogIsWrittenAgain(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(elsewhere, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".setup_info", ".setup_info.new"} { // as whoever owns the root may make them
		if err := os.Symlink(elsewhere, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	slow := setup
	slow.Slow = []string{"It fetched the runner."}
	for _, s := range []Setup{setup, slow} {
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	groups := told(t, dir)
	if got, want := groups[len(groups)-1], [2]string{"This boot was slow", "It fetched the runner.\n"}; got != want {
		t.Errorf("got %q at last, want %q", got, want)
	}
	if body, err := os.ReadFile(elsewhere); err != nil || string(body) != "mine" {
		t.Errorf("got %q, %v where a link led, want it untouched", body, err)
	}
	if err := setup.Write(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with no root: got %v, want an error", err)
	}
}
