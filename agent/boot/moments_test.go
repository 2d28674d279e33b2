package boot

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheKernelStartedAsLongAgoAsItsUptime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		write(t, root+"/proc/uptime", "3.21 12.00\n")
		got, err := KernelStarted(root)
		if want := time.Now().Add(-3210 * time.Millisecond); err != nil || !got.Equal(want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	})
}

func TestAKernelThatDoesNotTellIsAnError(t *testing.T) {
	if got, err := KernelStarted(t.TempDir()); err == nil {
		t.Errorf("with no /proc: got %v, want an error", got)
	}
	for _, text := range []string{"", "x 1", "-1 0"} {
		root := t.TempDir()
		write(t, root+"/proc/uptime", text)
		if got, err := KernelStarted(root); err == nil || !strings.Contains(err.Error(), "/proc/uptime") {
			t.Errorf("%q: got %v, %v, want an error that names the file", text, got, err)
		}
	}
}

func TestUserspaceStartedWhenItsDirectoryWasMade(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux there is a systemd")
	}
	root := t.TempDir()
	before := time.Now().Add(-time.Second) // the kernel's stamps are of its last tick
	write(t, root+"/run/systemd/system/x", "")
	after := time.Now()
	old := time.Unix(1, 0)
	if err := os.Chtimes(root+"/run/systemd/system", old, old); err != nil {
		t.Fatal(err)
	}
	got, err := UserspaceStarted(root)
	if err != nil || got.Before(before) || got.After(after) {
		t.Errorf("got %v, %v, want between %v and %v, whatever was written to it since", got, err, before, after)
	}
	if got, err := UserspaceStarted(t.TempDir()); err == nil {
		t.Errorf("with no systemd: got %v, want an error", got)
	}
}

func TestASystemTellsWhatItIs(t *testing.T) {
	root := t.TempDir()
	if got := ReadSystem(root); got != (System{}) {
		t.Errorf("of nothing: got %+v, want nothing", got)
	}
	write(t, root+"/etc/os-release", "NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nID=ubuntu\n")
	write(t, root+"/proc/sys/kernel/osrelease", "6.8.0-1021-aws\n")
	if got, want := ReadSystem(root), (System{Name: "Ubuntu 24.04.1 LTS", Kernel: "6.8.0-1021-aws"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
