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

func TestAMachineIsHardened(t *testing.T) {
	facts, config := onDisks(t, Disk{Name: newDisk(t, 4*gibibyte), Size: 4 * gibibyte})
	run := program(t) // is undone after what is mounted on it
	steps, err := Plan(facts, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = exec.Command("swapoff", volume+"/swap").Run() })
	done, err := Run(t.Context(), steps, run)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range done {
		t.Logf("%-16s %8.1f ms %s", d.Step, float64(d.Took.Microseconds())/1000, d.Skipped)
	}
	if got, want := command(t, "stat", "-c", "%a %U", volume), "700 root"; got != want {
		t.Errorf("the volume: got %s, want %s", got, want)
	}
	flags := command(t, "findmnt", "-no", "OPTIONS", volume)
	for _, want := range []string{"nodev", "nosuid", "noatime", "nobarrier"} {
		if !strings.Contains(flags, want) {
			t.Errorf("the volume's flags: got %s, want %s among them", flags, want)
		}
	}
	if got := command(t, "swapon", "--show=NAME,SIZE", "--noheadings"); !strings.Contains(got, volume+"/swap 512M") {
		t.Errorf("swap: got %q, want %s/swap of 512 MiB", got, volume)
	}
	for path, want := range map[string]string{config.Work: "755 nobody", config.Places[0].Path: "1777 root", config.Places[1].Path: "751 root"} {
		if got := command(t, "stat", "-c", "%a %U", path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
		flags := command(t, "findmnt", "-no", "OPTIONS", "--target", path)
		if !strings.Contains(flags, "nodev") || !strings.Contains(flags, "nosuid") {
			t.Errorf("%s: flags are %s, want nodev and nosuid among them", path, flags)
		}
		written := filepath.Join(path, "job's")
		if err := os.WriteFile(written, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(onVolume(path), "job's")); err != nil {
			t.Errorf("%s: what the job writes is not on the volume: %v", path, err)
		}
	}
	fresh, kept := filepath.Join(config.Places[0].Path, "image's"), filepath.Join(config.Places[1].Path, "image's")
	if _, err := os.Stat(fresh); err == nil {
		t.Errorf("%s: got that it is there, want an empty directory", fresh)
	}
	if got, err := os.ReadFile(kept); err != nil || string(got) != "image's" {
		t.Errorf("%s: got %q, %v, want what the image has there", kept, got, err)
	}
}

func TestWhatIsOnADiskIsNeverWrittenOver(t *testing.T) {
	for name, fill := range map[string]func(device string){
		"a file system":   func(device string) { command(t, "mkfs.ext4", "-q", device) },
		"swap":            func(device string) { command(t, "mkswap", device) },
		"partition table": func(device string) { command(t, "sh", "-c", "echo 'label: gpt' | sfdisk -q "+device) },
	} {
		t.Run(name, func(t *testing.T) {
			disk := newDisk(t, 64*mebibyte)
			fill("/dev/" + disk)
			facts, config := onDisks(t, Disk{Name: disk, Size: 64 * mebibyte})
			steps, err := Plan(facts, config)
			if err != nil {
				t.Fatal(err)
			}
			before := command(t, "sha256sum", "/dev/"+disk)
			done, err := Run(t.Context(), steps, program(t))
			if err == nil || !strings.Contains(err.Error(), "work volume: blkid -p /dev/"+disk+": there is something on it already") {
				t.Errorf("got %v, want that there is something on it", err)
			}
			if got, want := done[len(done)-1].Step, "work volume"; got != want {
				t.Errorf("the last step: got %s, want %s", got, want)
			}
			if after := command(t, "sha256sum", "/dev/"+disk); after != before {
				t.Error("the disk has changed")
			}
		})
	}
}

func TestTmpIsInMemory(t *testing.T) {
	facts, config := onDisks(t)
	config.Profile, config.Places, config.TmpSize = Compat, nil, 64*mebibyte
	tmp := t.TempDir()
	step := tmpStep(config)
	memory := step.Acts[0].(mount)
	memory.target = tmp
	step.Acts[0] = memory
	if _, err := Run(t.Context(), []Step{placesStep(facts, config), step}, Exec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(tmp, 0) })
	if got, want := command(t, "findmnt", "-bno", "FSTYPE,SIZE", tmp), "tmpfs 67108864"; strings.Join(strings.Fields(got), " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := command(t, "stat", "-c", "%a", tmp), "1777"; got != want {
		t.Errorf("mode: got %s, want %s", got, want)
	}
}

func TestTheRootGrowsToItsDisk(t *testing.T) {
	disk := newDisk(t, 512*mebibyte, "--partscan")
	device := "/dev/" + disk
	command(t, "sh", "-c", "echo ',128M' | sfdisk -q --label gpt "+device)
	partition := disk + "p1"
	if _, err := os.Stat(filepath.Join(sysBlock, disk, partition)); err != nil { // a kernel that reads no tables itself
		command(t, "partx", "--add", device)
	}
	makeNode(t, disk, partition)
	command(t, "mkfs.ext4", "-q", "/dev/"+partition)
	at := t.TempDir()
	command(t, "mount", "/dev/"+partition, at)
	t.Cleanup(func() { _ = unix.Unmount(at, 0) })

	free, last, err := behind(filepath.Join(sysBlock, disk, partition))
	if err != nil || !last || free < 300*mebibyte {
		t.Fatalf("behind the partition: got %d bytes, last: %t, %v, want most of 512 MiB", free, last, err)
	}
	step := rootStep(Facts{
		Root:     Root{Device: partition, Disk: disk, Partition: "1", FileSystem: "ext4", Last: last, Free: free},
		Programs: []string{"growpart", "resize2fs"},
	})
	if _, err := Run(t.Context(), []Step{step}, resizing(t, "/dev/"+partition, at)); err != nil {
		t.Fatal(err)
	}
	var info unix.Statfs_t
	if err := unix.Statfs(at, &info); err != nil {
		t.Fatal(err)
	}
	if got, want := int64(info.Blocks)*info.Bsize, int64(450*mebibyte); got < want {
		t.Errorf("the file system has %d bytes, want at least %d", got, want)
	}
	if free, _, _ := behind(filepath.Join(sysBlock, disk, partition)); free >= worthGrowing {
		t.Errorf("behind the partition: got %d bytes still, want nothing that is worth it", free)
	}
}

// resizing is the real program. Where root lacks CAP_SYS_RESOURCE, as in a container, a file system
// cannot be resized while it is mounted: there it is not, for so long.
func resizing(t *testing.T, device, at string) Program {
	t.Helper()
	if allowed, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, unix.CAP_SYS_RESOURCE, 0, 0, 0); err == nil && allowed == 1 {
		return Exec
	}
	t.Log("root has no CAP_SYS_RESOURCE here: the file system of this test is not mounted when it is resized")
	return func(ctx context.Context, args []string, stdin []byte) (int, string, error) {
		if args[0] != "resize2fs" {
			return Exec(ctx, args, stdin)
		}
		command(t, "umount", at)
		defer command(t, "mount", device, at)
		command(t, "e2fsck", "-fp", device)
		return Exec(ctx, args, stdin)
	}
}

// makeNode makes a partition's device, where there is no udev to do it.
func makeNode(t *testing.T, disk, partition string) {
	t.Helper()
	path := "/dev/" + partition
	if _, err := os.Stat(path); err == nil {
		return
	}
	var major, minor int
	text, err := os.ReadFile(filepath.Join(sysBlock, disk, partition, "dev"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(text), "%d:%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(uint32(major), uint32(minor)))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(path) })
}

func TestThisMachinesRootIsNeverFree(t *testing.T) {
	facts, err := Look("/", "root")
	if err != nil {
		t.Fatal(err)
	}
	var root unix.Stat_t
	if err := unix.Stat("/", &root); err != nil {
		t.Fatal(err)
	}
	device := fmt.Sprintf("%d:%d", unix.Major(root.Dev), unix.Minor(root.Dev))
	for _, disk := range facts.Disks {
		parts, _ := filepath.Glob(filepath.Join(sysBlock, disk.Name, "*", "dev"))
		parts = append(parts, filepath.Join(sysBlock, disk.Name, "dev"))
		hasRoot := slices.ContainsFunc(parts, func(file string) bool {
			text, _ := os.ReadFile(file)
			return strings.TrimSpace(string(text)) == device
		})
		if hasRoot && disk.Serves == "" {
			t.Errorf("%s has the root, and is free to be written over", disk.Name)
		}
	}
}

func TestSSHDTakesTheRunnerAlone(t *testing.T) {
	if err := unix.Mount("tmpfs", "/etc/ssh", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount("/etc/ssh", unix.MNT_DETACH) })
	if err := os.Mkdir("/etc/ssh/sshd_config.d", 0o755); err != nil {
		t.Fatal(err)
	}
	image := "Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication yes\nPermitRootLogin yes\nAuthorizedKeysFile .ssh/authorized_keys\n"
	if err := os.WriteFile("/etc/ssh/sshd_config", []byte(image), 0o600); err != nil {
		t.Fatal(err)
	}
	step, err := Login("runner", Access{Allowed: true, By: "the test", Keys: []string{ed25519Key(t)}})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	run := func(ctx context.Context, args []string, stdin []byte) (int, string, error) {
		if args[0] == "systemctl" { // there is no systemd in a test
			asked = append(asked, strings.Join(args, " "))
			return 0, "", nil
		}
		return Exec(ctx, args, stdin)
	}
	if _, err := Run(t.Context(), []Step{step}, run); err != nil {
		t.Fatal(err)
	}
	if got, want := asked[len(asked)-1], "systemctl start ssh.service"; got != want {
		t.Errorf("at last: got %s, want %s", got, want)
	}
	// What sshd goes by, as it says itself.
	config := strings.ToLower(command(t, "/usr/sbin/sshd", "-T"))
	for _, want := range []string{
		"allowusers runner", "authenticationmethods publickey", "authorizedkeysfile /etc/ssh/mayfly_keys", "banner /etc/ssh/mayfly_banner",
		"passwordauthentication no", "permitrootlogin no", "permituserrc no",
	} {
		if !strings.Contains("\n"+config+"\n", "\n"+want+"\n") {
			t.Errorf("sshd's configuration: want %q, got\n%s", want, config)
		}
	}
}
