//go:build vm

package vmtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
)

// image is a machine's disk to be: a tree of image.sh's, and what is laid over it.
type image struct {
	Tree  string            // "agent" or "cloud-init"
	Files map[string]string // by path: what is laid over the tree; the mode of a .sh is 0755
	Links map[string]string // by path: where a symbolic link points to; /dev/null masks a unit
	Gone  []string          // patterns of paths that are taken out
}

// Make makes the disk: ext4, with no partition. The agent is installed as every image has it.
func (i image) Make(t *testing.T, disk string) {
	t.Helper()
	root := i.lay(t)
	vmtest.Run(t, "../../packer/scripts/install-agent.sh", root, filepath.Join(vmtest.Binaries, "agent"))
	vmtest.Run(t, "cp", "-r", "guest/.", root)
	vmtest.Run(t, "chown", "-R", "1001:1001", filepath.Join(root, "opt", "actions-runner")) // GitHub's writes into it
	vmtest.Run(t, "cp", filepath.Join(vmtest.Binaries, "mayfly"), filepath.Join(root, "opt", "vmtest", "mayfly"))
	vmtest.Lay(t, root, i.Files, i.Links)
	vmtest.Take(t, root, i.Gone...)
	vmtest.Run(t, "truncate", "-s", "1536M", disk)
	vmtest.Run(t, "mkfs.ext4", "-q", "-F", "-m", "0", "-d", root, disk)
}

// lay mounts a tree so that what is written to it is written elsewhere.
func (i image) lay(t *testing.T) (root string) {
	t.Helper()
	over := t.TempDir()
	for _, dir := range []string{"upper", "work", "root"} {
		vmtest.Must(t, os.Mkdir(filepath.Join(over, dir), 0o755))
	}
	root = filepath.Join(over, "root")
	vmtest.Run(t, "mount", "-t", "overlay", "overlay", root, "-o",
		fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", filepath.Join(vmtest.Trees, i.Tree), filepath.Join(over, "upper"), filepath.Join(over, "work")))
	t.Cleanup(func() { _ = exec.Command("umount", root).Run() })
	return root
}
