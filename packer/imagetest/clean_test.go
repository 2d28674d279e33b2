//go:build image

package imagetest

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// planted is in every file that a machine leaves while it becomes an image, and in none that stays.
const planted = "planted-6f1d2c"

// leftovers are where a machine leaves what must be in no snapshot.
var leftovers = []string{
	"etc/ssh/ssh_host_ed25519_key", "etc/ssh/ssh_host_rsa_key.pub",
	"root/.ssh/authorized_keys", "home/ubuntu/.ssh/authorized_keys", "home/ubuntu/.ssh/id_ed25519", "home/runner/.ssh/known_hosts",
	"root/.bash_history", "home/ubuntu/.bash_history", "home/runner/.python_history", "root/.lesshst",
	"etc/machine-id", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "var/lib/systemd/credential.secret",
	"var/log/syslog", "var/log/auth.log", "var/log/cloud-init-output.log", "var/log/apt/history.log", "var/log/wtmp", "var/log/btmp",
	"var/log/lastlog", "var/log/journal/0123/system.journal", "var/log/dpkg.log",
	"var/lib/cloud/instance/user-data.txt", "etc/cloud/cloud.cfg.d/90_dpkg.cfg",
	"etc/netplan/50-cloud-init.yaml", "etc/sudoers.d/90-cloud-init-users",
	"tmp/script_1234.sh", "var/tmp/left", "tmp/mayfly/secret", "var/crash/core", "var/spool/cron/crontabs/root", "var/lib/chrony/chrony.drift",
	"root/.aws/credentials", "home/runner/.docker/config.json", "home/ubuntu/.netrc", "root/.gnupg/trustdb.gpg", "home/runner/.npmrc",
	"home/ubuntu/.cache/motd", "etc/docker/key.json", "opt/actions-runner/.credentials", "opt/actions-runner/_diag/Runner.log",
	"var/cache/apt/archives/left.deb", "var/lib/apt/lists/left", "etc/passwd-", "etc/shadow-",
}

func plant(t *testing.T) func(root string) {
	return func(root string) {
		for _, path := range leftovers {
			path = filepath.Join(root, path)
			vmtest.Must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			_ = os.Remove(path) // it may be a link
			vmtest.Must(t, os.WriteFile(path, []byte(planted+"\n"), 0o600))
		}
	}
}

func TestACleanedImageHasNothingOfItsMachine(t *testing.T) {
	b := build(t, assignment.Compat, plant(t))
	var found []string
	output, err := exec.CommandContext(t.Context(), "grep", "--recursive", "--files-with-matches", "--no-messages", planted, b.root).Output()
	if err == nil {
		found = strings.Fields(string(output))
	}
	for _, path := range found {
		t.Errorf("%s is left", strings.TrimPrefix(path, b.root))
	}
	if id, err := os.Stat(filepath.Join(b.root, "etc", "machine-id")); err != nil || id.Size() != 0 {
		t.Errorf("/etc/machine-id: got %v, %v, want a file that is empty", id, err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.root, "tmp", "*")); len(left) > 0 {
		t.Errorf("got %q, want an empty /tmp", left)
	}
	shadow := read(t, filepath.Join(b.root, "etc", "shadow"))
	for line := range strings.Lines(shadow) {
		if fields := strings.Split(line, ":"); !strings.HasPrefix(fields[1], "!") && !strings.HasPrefix(fields[1], "*") {
			t.Errorf("%s can log in with a password", fields[0])
		}
	}
	if _, err := os.Stat(filepath.Join(b.root, "usr", "bin", "cloud-init")); err == nil {
		t.Error("cloud-init is left")
	}
}

func TestTheSameInputsMakeTheSameManifest(t *testing.T) {
	one := build(t, assignment.Hardened, func(string) {})
	other := build(t, assignment.Hardened, plant(t))
	if sha256.Sum256([]byte(one.manifest)) != sha256.Sum256([]byte(other.manifest)) {
		t.Errorf("got\n%s\nand\n%s\nwant the same", one.manifest, other.manifest)
	}
	if got := read(t, filepath.Join(one.root, "opt", "mayfly", "manifest.json")); got != one.manifest {
		t.Errorf("got %s in the image, want what was printed", got)
	}
	for _, want := range []string{`"source_ami": "ami-0123456789abcdef0"`, `"profile": "hardened"`, `"docker.io": "`, `"cryptsetup-bin": "`, `"released": "`} {
		vmtest.Has(t, "the manifest", one.manifest, want)
	}
	compat := build(t, assignment.Compat, func(string) {})
	if compat.manifest == one.manifest {
		t.Error("got the same manifest for another profile")
	}
}
