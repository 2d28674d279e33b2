//go:build image

package imagetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// once are the promises that a machine which runs cannot take back, so they are taken out of an image before it
// boots. What the distribution does anyway is no part of it.
var once = []string{
	"modules are locked", "root cannot be written", "sysctl kernel.kexec_load_disabled", "sysctl kernel.unprivileged_bpf_disabled",
	"sysctl kernel.yama.ptrace_scope", "sysctl kernel.kptr_restrict", "sysctl net.core.bpf_jit_harden", "sysctl kernel.sysrq",
	"sysctl kernel.core_pattern", "/var is written to memory", "no module sctp",
}

func TestWhatCanBeSetOnceIsMissedWhenItIsTakenOut(t *testing.T) {
	b := booted(t, assignment.Hardened, "verify | tell verified", func(m *machine) {
		wants := "etc/systemd/system/"
		m.gone = []string{
			"etc/sysctl.d/zz-mayfly.conf", "etc/sysctl.d/zzz-mayfly-hardened.conf", "etc/modprobe.d/mayfly.conf",
			wants + "var.mount", wants + "paths.target.wants/mayfly-lock.path", wants + "local-fs.target.requires/var.mount", wants + "local-fs.target.wants/etc-ssh.mount", wants + "local-fs.target.wants/etc-docker.mount",
		}
		m.files["etc/fstab"] = "/dev/nvme0n1 / ext4 rw 0 1\n"
	})
	names := failed(t, b.Told["verified"])
	for _, want := range once {
		if !slices.Contains(names, want) {
			t.Errorf("%s: got that it is kept, want that it is missed", want)
		}
	}
	for _, name := range names {
		if !slices.Contains(once, name) && !strings.HasPrefix(name, "sysctl ") && !strings.HasPrefix(name, "no module ") && !strings.HasSuffix(name, " is written to memory") {
			t.Errorf("%s failed, and nothing of it was taken out:\n%s", name, b.Told["verified"])
		}
	}
}
