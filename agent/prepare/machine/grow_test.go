//go:build disk

package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

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
