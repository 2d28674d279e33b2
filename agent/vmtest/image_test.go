//go:build vm

package vmtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// image is a machine's disk to be: a tree of image.sh's, and what is laid over it.
type image struct {
	Tree  string            // "agent" or "cloud-init"
	Files map[string]string // by path: what is laid over the tree; the mode of a .sh is 0755
	Links map[string]string // by path: where a symbolic link points to; /dev/null masks a unit
	Gone  []string          // patterns of paths that are taken out
}

// make makes the disk: ext4, with no partition. The agent is installed as every image has it.
func (i image) make(t *testing.T, disk string) {
	t.Helper()
	root := i.lay(t)
	run(t, "../../packer/scripts/install-agent.sh", root, filepath.Join(binaries, "agent"))
	run(t, "cp", "-r", "guest/.", root)
	run(t, "chown", "-R", "1001:1001", filepath.Join(root, "opt", "actions-runner")) // GitHub's writes into it
	run(t, "cp", filepath.Join(binaries, "mayfly"), filepath.Join(root, "opt", "vmtest", "mayfly"))
	for path, text := range i.Files {
		mode := os.FileMode(0o644)
		if filepath.Ext(path) == ".sh" {
			mode = 0o755
		}
		path = filepath.Join(root, path)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), mode))
	}
	for path, to := range i.Links {
		run(t, "ln", "-sfn", to, filepath.Join(root, path))
	}
	for _, pattern := range i.Gone {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		must(t, err)
		if len(paths) == 0 {
			t.Fatalf("take %s out of the image: there is none", pattern)
		}
		run(t, "rm", append([]string{"-rf"}, paths...)...)
	}
	run(t, "truncate", "-s", "1536M", disk)
	run(t, "mkfs.ext4", "-q", "-F", "-m", "0", "-d", root, disk)
}

// lay mounts a tree so that what is written to it is written elsewhere.
func (i image) lay(t *testing.T) (root string) {
	t.Helper()
	over := t.TempDir()
	for _, dir := range []string{"upper", "work", "root"} {
		must(t, os.Mkdir(filepath.Join(over, dir), 0o755))
	}
	root = filepath.Join(over, "root")
	run(t, "mount", "-t", "overlay", "overlay", root, "-o",
		fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", filepath.Join(trees, i.Tree), filepath.Join(over, "upper"), filepath.Join(over, "work")))
	t.Cleanup(func() { _ = exec.Command("umount", root).Run() })
	return root
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, output)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
