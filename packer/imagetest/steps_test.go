//go:build image

package imagetest

import (
	"os"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// without are the steps by which a boot was made shorter, each taken back: what is changed on the disk, and what
// the kernel is told.
var without = []struct {
	name   string
	change func(m *machine, s *vmtest.Site)
}{
	{"nothing", func(*machine, *vmtest.Site) {}},
	{"units and generators masked", func(m *machine, _ *vmtest.Site) {
		for _, unit := range list("units.txt", `([a-zA-Z][^ ]*) `) {
			m.gone = append(m.gone, "etc/systemd/system*/"+unit)
		}
	}},
	{"names beside the agent", func(m *machine, _ *vmtest.Site) {
		m.gone = []string{"etc/systemd/system/systemd-resolved.service"}
	}},
	{"the list that is read ahead", func(m *machine, _ *vmtest.Site) {
		m.gone = []string{"etc/systemd/system/sysinit.target.wants/mayfly-prefetch.service"}
	}},
	{"AppArmor's profiles compiled", func(m *machine, _ *vmtest.Site) {
		m.gone = []string{"var/cache/apparmor/*"}
	}},
	{"sshd masked before the agent", func(m *machine, _ *vmtest.Site) {
		m.gone = []string{"etc/tmpfiles.d/mayfly.conf"}
	}},
	{"Docker by its socket", func(m *machine, _ *vmtest.Site) {
		m.links = map[string]string{"etc/systemd/system/multi-user.target.wants/docker.service": "/lib/systemd/system/docker.service"}
	}},
	{"a console that is told little", func(_ *machine, s *vmtest.Site) { s.Kernel = "ro" }},
}

// TestWhatEachStepOfABootIsWorth is where the numbers of packer/README.md, "Boot", are from.
func TestWhatEachStepOfABootIsWorth(t *testing.T) {
	if os.Getenv("STEPS") == "" {
		t.Skip("it takes a quarter of an hour: STEPS=yes")
	}
	for _, step := range without {
		seconds := uptime(t, strings.ReplaceAll(step.name, "/", "-"), func(t *testing.T, s *vmtest.Site) machine {
			m := machine{written: build(t, assignment.Compat, plant(t)).written}
			step.change(&m, s)
			return m
		})
		t.Logf("without %s: %.2f s", step.name, seconds)
	}
}
