package units

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var all = []string{
	"mayfly-agent.service", "mayfly-deadline.path", "mayfly-deadline.service", "mayfly-watchdog.service", "mayfly-watchdog.timer",
	"poweroff.target.d/mayfly.conf",
}

func installed(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := Install(root); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestAllUnitsAreInstalled(t *testing.T) {
	dir := filepath.Join(installed(t), directory)
	var got []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			got = append(got, name)
		}
		return err
	})
	if diff := cmp.Diff(all, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := Install("/dev/null"); err == nil {
		t.Error("got no error where nothing can be written")
	}
}

func TestADeadlineIsAFileOfSeconds(t *testing.T) {
	root := t.TempDir()
	for _, want := range []string{"300\n", "60\n"} {
		after, err := time.ParseDuration(strings.TrimSpace(want) + "s")
		if err != nil {
			t.Fatal(err)
		}
		if err := SetDeadline(root, after); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(root, deadline)); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if got, err := filepath.Glob(root + "/run/mayfly/*"); err != nil || len(got) != 1 {
		t.Errorf("got %q, %v, want the one file", got, err)
	}
	if err := SetDeadline("/dev/null", time.Second); err == nil {
		t.Error("got no error where nothing can be written")
	}
}

// The units wait for the file that the agent writes.
func TestTheUnitsWaitForTheDeadlinesFile(t *testing.T) {
	for name, want := range map[string]string{
		"mayfly-deadline.path": "PathExists=" + deadline, "mayfly-deadline.service": "rm -f " + deadline + ";",
		"mayfly-watchdog.service": "ConditionPathExists=!" + deadline,
	} {
		if text, err := files.ReadFile(name); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s, %v: want %q in it", name, err, want)
		}
	}
}

func TestSystemdUnderstandsTheUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze: make scripts tells how to get it")
	}
	dir := filepath.Join(installed(t), directory)
	agent := filepath.Join(dir, "mayfly-agent.service")
	text, err := os.ReadFile(agent)
	if err != nil {
		t.Fatal(err)
	}
	here := strings.Replace(string(text), "/opt/mayfly/agent", os.Args[0], 1) // it has to be there
	if err := os.WriteFile(agent, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no")
	for _, name := range all[:5] {
		verify.Args = append(verify.Args, filepath.Join(dir, name))
	}
	verify.Args = append(verify.Args, "poweroff.target")
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	if said, err := verify.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v\n%s", err, said)
	}
}

// The script of the deadline's unit, run with programs that only note that they were.
func TestTheDeadlineEndsTheMachineEvenIfItIsNoTime(t *testing.T) {
	text, err := files.ReadFile("mayfly-deadline.service")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(text), "ExecStart=sh -c '")
	script, _, _ = strings.Cut(script, "'\n")
	for said, sleeps := range map[string]string{"300\n": "300", "": ""} {
		root := t.TempDir()
		if err := SetDeadline(root, 0); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, deadline)
		for name, text := range map[string]string{
			path: said, root + "/sleep": "#!/bin/sh\necho sleep $1 >> log\n", root + "/systemctl": "#!/bin/sh\necho systemctl $@ >> log\n",
		} {
			if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.CommandContext(t.Context(), "/bin/sh", "-c", strings.NewReplacer("$$", "$", deadline, path).Replace(script))
		run.Dir, run.Env = root, []string{"PATH=" + root + ":/usr/bin:/bin"}
		if output, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		want := strings.TrimSpace("sleep "+sleeps) + "\nsystemctl start mayfly-watchdog.service\n"
		if got, err := os.ReadFile(root + "/log"); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v, want %q", said, got, err, want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%q: the file is still there, and so the watchdog would do nothing", said)
		}
	}
}
