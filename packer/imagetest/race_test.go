//go:build image

package imagetest

import (
	"strconv"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// stockBoot is the same root as the distribution boots it: cloud-init runs a script of user data, which does what
// the agent does.
func stockBoot(t *testing.T) machine {
	t.Helper()
	root, written := layered(t, base()...)
	digest := upload(t, root)
	_, err := script(t, root, "runner.sh", inputs(t, assignment.Compat, digest))
	vmtest.Must(t, err)
	return machine{
		written: written,
		files:   map[string]string{"etc/cloud/cloud.cfg.d/99-vm.cfg": vmtest.CloudConfig},
		gone:    []string{"etc/systemd/system/multi-user.target.wants/mayfly-agent.service", "etc/systemd/system/sysinit.target.wants/mayfly-prefetch.service"},
	}
}

// TestTheListenerStartsInHalfTheTimeOfCloudInit boots both on a processor of 500 million instructions a second,
// by which the machine's clock goes: so what else runs here counts for little.
func TestTheListenerStartsInHalfTheTimeOfCloudInit(t *testing.T) {
	ours := uptime(t, "ours", func(t *testing.T, _ *vmtest.Site) machine {
		return machine{written: build(t, assignment.Compat, plant(t)).written}
	})
	theirs := uptime(t, "cloud-init", func(t *testing.T, s *vmtest.Site) machine {
		s.Metadata = vmtest.Seeded
		return stockBoot(t)
	})
	t.Logf("from the kernel's start to the listener's: our image %.2f s, the same root with cloud-init and a script %.2f s: %.0f %%", ours, theirs, 100*ours/theirs)
	if ours > theirs/2 {
		t.Errorf("got %.2f s of %.2f s, want at most half", ours, theirs)
	}
}

// uptime is how long a machine was up when its listener started, in seconds of its own.
func uptime(t *testing.T, name string, of func(t *testing.T, s *vmtest.Site) machine) (seconds float64) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		s := site(t, assignment.Compat)
		s.Counted = true
		b := s.Live(of(t, s), localhub.Job{Steps: []localhub.Step{{Name: "nothing", Run: "true"}}})
		var err error
		if seconds, err = strconv.ParseFloat(b.Told["uptime"], 64); err != nil || b.Job.Conclusion != localhub.Success {
			t.Fatalf("got %v and %+v, want a job that ran; the console's end:\n%s", err, b.Job, vmtest.End(b.Console))
		}
	})
	return seconds
}
