//go:build disk

package machine

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const sysBlock = "/sys/block"

func TestMain(m *testing.M) {
	needs := map[string]string{
		"losetup": "mount", "mkfs.ext4": "e2fsprogs", "sfdisk": "fdisk", "growpart": "cloud-guest-utils", "cryptsetup": "cryptsetup-bin",
		"sshd": "openssh-server", "unshare": "util-linux",
	}
	missing := false
	for _, program := range slices.Sorted(maps.Keys(needs)) {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "test-disk: %s is missing: apt-get install %s\n", program, needs[program])
			missing = true
		}
	}
	if os.Getuid() != 0 {
		fmt.Fprintln(os.Stderr, "test-disk: only root may mount: sudo make test-disk")
		missing = true
	}
	if missing {
		os.Exit(1)
	}
	// What is mounted here is seen by these tests alone, and gone with them.
	if os.Getenv("MAYFLY_TEST_MOUNTS") == "" {
		self, err := os.Executable()
		if err != nil {
			panic(err)
		}
		command := exec.Command("unshare", append([]string{"--mount", "--propagation", "private", "--", self}, os.Args[1:]...)...)
		command.Env = append(os.Environ(), "MAYFLY_TEST_MOUNTS=1")
		command.Stdout, command.Stderr = os.Stdout, os.Stderr
		if command.Run() != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// newDisk is a disk of this size, made of a file. It is the name in /dev.
func newDisk(t *testing.T, size int64, options ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, size); err != nil {
		t.Fatal(err)
	}
	device := command(t, append(append([]string{"losetup", "--find", "--show"}, options...), file)...)
	t.Cleanup(func() { _ = exec.Command("losetup", "--detach", device).Run() })
	return strings.TrimPrefix(device, "/dev/")
}

// program is the real one. On a kernel without dm-crypt, cryptsetup alone is not: there a link
// takes the place of the encrypted device, so that all that comes after is real.
func program(t *testing.T) Program {
	t.Helper()
	device := "/dev/mapper/" + mapped
	if facts, err := Look("/", "root"); err != nil {
		t.Fatal(err)
	} else if facts.Crypt {
		t.Cleanup(func() { _ = exec.Command("cryptsetup", "close", mapped).Run() })
		return Exec
	}
	t.Log("this kernel has no dm-crypt: the volume of this test is not encrypted")
	return func(ctx context.Context, args []string, stdin []byte) (int, string, error) {
		if args[0] != "cryptsetup" {
			return Exec(ctx, args, stdin)
		}
		if len(stdin) != 64 {
			return 1, "no key", nil
		}
		t.Cleanup(func() { os.Remove(device) })
		return 0, "", os.Symlink(args[len(args)-2], device)
	}
}

// onDisks is a machine on which these are the disks.
func onDisks(t *testing.T, disks ...Disk) (Facts, Config) {
	t.Helper()
	facts, err := Look("/", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	facts.Disks, facts.Crypt, facts.Swaps, facts.Memory = disks, true, nil, gibibyte
	dir := t.TempDir()
	config := Config{
		Profile: Hardened, Runner: "nobody", Work: filepath.Join(dir, "work"), TmpSize: 0,
		Places: []Place{{Path: filepath.Join(dir, "fresh")}, {Path: filepath.Join(dir, "kept"), Keep: true}},
	}
	for path, mode := range map[string]os.FileMode{"fresh": 0o777 | os.ModeSticky, "kept": 0o751} {
		path = filepath.Join(dir, path)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "image's"), []byte("image's"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // what is mounted on them is the volume's
		for _, path := range []string{config.Places[1].Path, config.Places[0].Path, config.Work, volume} {
			_ = unix.Unmount(path, 0)
		}
		_ = os.Remove(volume)
	})
	return facts, config
}
