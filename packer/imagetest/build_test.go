//go:build image

package imagetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// layered mounts trees over each other, the first on top. What is written goes to a directory of the test's own.
func layered(t *testing.T, trees ...string) (root, written string) {
	t.Helper()
	over := t.TempDir()
	for _, dir := range []string{"written", "work", "root"} {
		vmtest.Must(t, os.Mkdir(filepath.Join(over, dir), 0o755))
	}
	root, written = filepath.Join(over, "root"), filepath.Join(over, "written")
	vmtest.Run(t, "mount", "-t", "overlay", "overlay", root, "-o",
		fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", strings.Join(trees, ":"), written, filepath.Join(over, "work")))
	t.Cleanup(func() { _ = exec.Command("umount", root).Run() })
	return root, written
}

// base is what base.sh has made of stock.
func base() []string { return []string{filepath.Join(vmtest.Trees, "base"), stock()} }

func stock() string { return filepath.Join(vmtest.Trees, "stock") }

// tarball is a release of the runner that stands in for GitHub's, and its SHA-256.
func tarball(t *testing.T) (file, digest string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "runner.tar.gz")
	vmtest.Run(t, "tar", "--create", "--gzip", "--mtime=@0", "--owner=0", "--group=0", "--sort=name", "--file", file,
		"--directory", "../../agent/vmtest/guest/opt/actions-runner", ".")
	sum := sha256.Sum256([]byte(read(t, file)))
	return file, hex.EncodeToString(sum[:])
}

// inputs are those of inputs.env and of a runner, as "NAME=value". More may follow, and count.
func inputs(t *testing.T, profile assignment.Profile, digest string) []string {
	t.Helper()
	return append(strings.Fields(read(t, "inputs.env")),
		"MAYFLY_PROFILE="+string(profile), "MAYFLY_RUNNER_VERSION=2.329.0", "MAYFLY_RUNNER_SHA256="+digest,
		"MAYFLY_RUNNER_RELEASED="+time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly), "MAYFLY_RUNNER_TARBALL=/tmp/mayfly/runner.tar.gz")
}

// script runs one of the scripts in a root, and returns what it wrote to standard output.
func script(t *testing.T, root, name string, inputs []string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "./in-root.sh", root, "/tmp/mayfly/scripts/"+name)
	command.Env = append(os.Environ(), inputs...)
	text, err := command.Output()
	if failed, is := err.(*exec.ExitError); is { //nolint:errorlint // Output returns nothing else
		err = fmt.Errorf("%s: %w: %s", name, err, failed.Stderr)
	}
	return string(text), err
}

// upload puts into a root what Packer does: the scripts, the agent, and here the runner, too.
func upload(t *testing.T, root string) (digest string) {
	t.Helper()
	file, digest := tarball(t)
	at := filepath.Join(root, "tmp", "mayfly")
	vmtest.Run(t, "rm", "-rf", at)
	vmtest.Must(t, os.Mkdir(at, 0o755))
	vmtest.Run(t, "cp", "-r", scripts, filepath.Join(at, "scripts"))
	vmtest.Run(t, "cp", filepath.Join(vmtest.Binaries, "agent"), file, at)
	return digest
}

// built is a finished image.
type built struct {
	root     string // mounted for the test that built it
	written  string // what was written over its base
	manifest string
}

// build builds an image from a base. What is planted is left on it just before it is cleaned.
func build(t *testing.T, profile assignment.Profile, plant func(root string)) built {
	t.Helper()
	var b built
	b.root, b.written = layered(t, base()...)
	digest := upload(t, b.root)
	for _, name := range []string{"runner.sh", "clean.sh", "manifest.sh"} {
		if name == "clean.sh" {
			plant(b.root)
		}
		var err error
		b.manifest, err = script(t, b.root, name, inputs(t, profile, digest))
		vmtest.Must(t, err)
	}
	return b
}
