//go:build image

package imagetest

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// machine is a machine of an image, with what the tests have to see and what they change.
type machine struct {
	written string            // what was written over base, as built has it
	files   map[string]string // by path: what is laid over it; the mode of a .sh is 0755
	links   map[string]string // by path: where a symbolic link points to
	gone    []string          // patterns of paths that are taken out
}

// Make makes the disk, as [vmtest.Image] wants it.
func (m machine) Make(t *testing.T, disk string) {
	t.Helper()
	root, _ := layered(t, append([]string{m.written}, base()...)...)
	guest := "../../agent/vmtest/guest/"
	vmtest.Run(t, "cp", "-r", guest+"etc", guest+"usr", root)
	vmtest.Run(t, "cp", "-r", guest+"opt/vmtest", filepath.Join(root, "opt"))
	vmtest.Run(t, "cp", filepath.Join(vmtest.Binaries, "mayfly"), filepath.Join(root, "opt", "vmtest"))
	vmtest.Lay(t, root, m.files, m.links)
	vmtest.Take(t, root, m.gone...)
	vmtest.Run(t, "truncate", "-s", "3G", disk)
	vmtest.Run(t, "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1", "-d", root, disk)
}

// options is what an image adds to the kernel's command line.
var options = regexp.MustCompile(`(?m)^GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT (.*)"$`)

// site is where machines of a profile boot. A bootloader's first mount of a root is always a read-only one.
func site(t *testing.T, profile assignment.Profile) *vmtest.Site {
	t.Helper()
	return siteOf(t, profile, vmtest.UserData(t, profile))
}

// siteOf is one whose machines have other user data.
func siteOf(t *testing.T, profile assignment.Profile, userData []byte) *vmtest.Site {
	t.Helper()
	s := vmtest.NewSite(t, userData)
	s.Kernel = "ro " + options.FindStringSubmatch(read(t, scripts+"files/all/etc/default/grub.d/60-mayfly.cfg"))[1]
	if profile == assignment.Hardened {
		s.Work = filepath.Join(t.TempDir(), "work.img")
		vmtest.Run(t, "truncate", "-s", "4G", s.Work)
	}
	return s
}

// witness has root run a script when a job asks for it, in the place of vmtest's own. The script tells with
// tell NAME what it reads from its standard input.
func witness(script string) map[string]string {
	return map[string]string{"opt/vmtest/witness.sh": `#!/bin/bash
BUDGET=60 # the processor is emulated
tell() { curl -sS -m 60 --data-binary @- "http://10.0.2.1:8081/$1"; }
verify() { MAYFLY_BOOT_BUDGET=$BUDGET /opt/mayfly/verify/verify.sh 2>&1; }
` + script + `
touch /run/vmtest/seen
rm -f /run/vmtest/ask
`}
}

// asks is a job that waits until root has looked, and then speaks to Docker, which starts by that.
func asks(profile assignment.Profile) localhub.Job {
	docker := "sudo -n id -u; docker info 2>&1 | grep -v '^ *$'"
	if profile == assignment.Hardened {
		docker = "sudo -n id -u 2>&1 || true; docker info 2>&1 | grep -v '^ *$'; docker create --privileged nothing 2>&1 || true"
	}
	return localhub.Job{Steps: []localhub.Step{
		{Name: "witness", Run: `touch /run/vmtest/ask; for ((n = 0; n < 6000; n++)); do if [ -e /run/vmtest/seen ]; then exit; fi; sleep 0.1; done; exit 1`},
		{Name: "docker", Run: docker},
	}}
}

// failed are the names of the checks that failed, in what verify.sh printed.
func failed(t *testing.T, verified string) (names []string) {
	t.Helper()
	if !strings.Contains(verified, " checks, ") {
		t.Fatalf("got %q of verify.sh, want all of it", verified)
	}
	for line := range strings.Lines(verified) {
		if rest, is := strings.CutPrefix(line, "FAILED  "); is {
			name, _, _ := strings.Cut(rest, ":")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// booted is a machine of an image, on which a job ran while root ran a script. The disk may be changed before.
func booted(t *testing.T, profile assignment.Profile, script string, change func(m *machine)) vmtest.Booted {
	t.Helper()
	of := machine{written: build(t, profile, plant(t)).written, files: witness(script)}
	if change != nil {
		change(&of)
	}
	b := site(t, profile).Live(of, asks(profile))
	if b.Job.Conclusion != localhub.Success {
		t.Errorf("the job: got %+v, want success; the reports: %+v; the console:\n%s", b.Job, b.Reports, vmtest.End(b.Console))
	}
	return b
}
