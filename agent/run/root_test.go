//go:build net && linux

package run

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const anybody = 54321 // no user of this machine's

func mustBeRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("this needs root: run `sudo make test-net`")
	}
}

// delegated is a cgroup as systemd delegates it, with this process in it. Where the machine's own systemd
// has the controllers for itself, bounds cannot be tested, and ok is false.
func delegated(t *testing.T) (dir string, bounded bool) {
	t.Helper()
	root, err := os.MkdirTemp("", "mayfly-cgroup-") //nolint:usetesting // nothing may remove it with what is in it
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", root, "cgroup2", 0, ""); err != nil {
		t.Fatalf("this needs cgroup v2 (Linux 5.14 or later), and CAP_SYS_ADMIN: mount: %v", err)
	}
	self, home := strconv.Itoa(os.Getpid()), filepath.Join(root, ownPath(t))
	dir = filepath.Join(root, "mayfly-test-"+self)
	t.Cleanup(func() {
		for _, err := range []error{
			set(home, "cgroup.procs", self), os.Remove(filepath.Join(dir, "agent")), os.Remove(filepath.Join(dir, "runner")),
			os.Remove(dir), unix.Unmount(root, unix.MNT_DETACH), os.Remove(root),
		} {
			if err != nil {
				t.Errorf("clean up: %v", err)
			}
		}
	})
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := set(dir, "cgroup.procs", self); err != nil {
		t.Fatal(err)
	}
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, strings.Contains(string(controllers), "memory") && strings.Contains(string(controllers), "pids")
}

// ownPath is the cgroup that this process is in, below the root of all.
func ownPath(t *testing.T) string {
	t.Helper()
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(groups)) {
		if path, v2 := strings.CutPrefix(strings.TrimSpace(line), "0::"); v2 {
			return path
		}
	}
	t.Fatal("this needs cgroup v2: /proc/self/cgroup names none")
	return ""
}

func TestTheRunnerIsAnotherUserInACgroupOfItsOwn(t *testing.T) {
	mustBeRoot(t)
	dir, bounded := delegated(t)
	bounds := Bounds{}
	if bounded {
		bounds = Bounds{PIDs: 100, Memory: 256 << 20}
	} else {
		t.Log("the controllers memory and pids are not cgroup v2's here, so the bounds are not tested")
	}
	c, err := Divide(dir, bounds)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	command := script(t, &out, `id -u; id -g; id -G; umask; grep ^0:: /proc/self/cgroup; echo $$ > `+dir+`/agent/cgroup.procs || echo stays`)
	command.User, command.Cgroup = &User{UID: anybody, GID: anybody, Groups: []uint32{anybody + 1}}, c
	command.Dir = "/"
	code, err := Exec(t.Context(), command)
	if err != nil || code != 0 {
		t.Fatalf("got exit code %d, %v\n%s", code, err, &out)
	}
	want := fmt.Sprintf("%d\n%d\n%d %d\n0077\n0::/%s/runner\n", anybody, anybody, anybody, anybody+1, filepath.Base(dir))
	got, refused, _ := strings.Cut(out.String(), "/bin/sh: ")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the runner, want - got +:\n%s", diff)
	}
	if !strings.HasSuffix(refused, "stays\n") {
		t.Errorf("the runner left its cgroup: %q", out.String())
	}
	if umask := syscall.Umask(0o022); umask == 0o077 {
		t.Error("the agent has its runner's umask")
	}
}

func TestTheRunnerHasNoneOfTheAgentsProtection(t *testing.T) {
	mustBeRoot(t)
	const own = "/proc/self/oom_score_adj"
	before, err := os.ReadFile(own)
	if err == nil {
		err = os.WriteFile(own, []byte("300"), 0o600) // less needs a capability, and is inherited just so
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(own, before, 0o600); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	// The process may be ahead of the agent by a moment.
	command := script(t, &out, `for i in $(seq 5000); do if grep -qx 0 `+own+`; then echo as any other; exit; fi; done; cat `+own)
	command.User, command.Dir = &User{UID: anybody, GID: anybody}, "/"
	if code, err := Exec(t.Context(), command); err != nil || code != 0 || out.String() != "as any other\n" {
		t.Errorf("got %d, %v, and %q, want that it may be killed as any other", code, err, out.String())
	}
}

func TestWhatADaemonOfTheJobsIsEndsWithTheRunner(t *testing.T) {
	mustBeRoot(t)
	dir, _ := delegated(t)
	c, err := Divide(dir, Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	command := script(t, new(bytes.Buffer), `exec 3>alive; for i in 1 2 3; do setsid sh -c 'trap "" INT TERM HUP; sleep 600 & wait' & done; exit 0`)
	command.Cgroup = c
	alive := fifo(t, command.Dir)
	if code, err := Exec(t.Context(), command); err != nil || code != 0 {
		t.Errorf("got exit code %d, %v, want 0", code, err)
	}
	wantGone(t, alive)
	events, err := os.ReadFile(filepath.Join(c.Dir(), "cgroup.events"))
	if err != nil || !strings.Contains(string(events), "populated 0") {
		t.Errorf("the runner's cgroup: got %q, %v, want that it is empty", events, err)
	}
}

func TestAnUpdateOutlivesTheRunnerThatItReplaces(t *testing.T) {
	mustBeRoot(t)
	dir, _ := delegated(t)
	c, err := Divide(dir, Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	command := script(t, out, `exec >&-; (sleep 0.2; touch update.finished) & exit 4`)
	command.Cgroup = c
	if code, err := Exec(t.Context(), command); err != nil || code != 4 {
		t.Errorf("got exit code %d, %v, want 4", code, err)
	}
	awaitUpdate(t.Context(), command.Dir)
	if _, err := os.Stat(filepath.Join(command.Dir, updated)); err == nil {
		t.Error("what told of the update is still there")
	}
	if err := c.Kill(); err != nil {
		t.Error(err)
	}
}
