//go:build vm

package vmtest_test

import (
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// The same image with cloud-init in the agent's place.
var cloudInit = image{
	Tree:  "cloud-init",
	Files: map[string]string{"etc/cloud/cloud.cfg.d/99-vm.cfg": vmtest.CloudConfig},
	Links: map[string]string{"etc/systemd/system/mayfly-agent.service": "/dev/null"},
}

// races is how often each of the two is booted: RACES, or once.
var races = func() int {
	n, err := strconv.Atoi(os.Getenv("RACES"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}()

// TestTheRunnerStartsInHalfTheTimeOfCloudInit boots both on a processor of 500 million instructions a
// second, by which the machine's clock goes as long as it has something to do. So what else runs here
// counts for little, and the two are told apart by what they do.
func TestTheRunnerStartsInHalfTheTimeOfCloudInit(t *testing.T) {
	nothing := localhub.Job{Steps: []localhub.Step{{Name: "nothing", Run: "true"}}}
	var ours, theirs []float64
	for range races {
		s := vmtest.NewSite(t, vmtest.UserData(t, assignment.Compat))
		s.Counted = true
		ours = append(ours, uptime(s, image{Tree: "agent"}, nothing))

		s = vmtest.NewSite(t, vmtest.ByCloudInit)
		s.Counted, s.Metadata = true, vmtest.Seeded
		theirs = append(theirs, uptime(s, cloudInit, nothing))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	got, want := ours[races/2], theirs[races/2]
	t.Logf("from the kernel's start to the runner's, median of %d boots each: the agent %.2f s, cloud-init and a shell script %.2f s: %.0f %%", races, got, want, 100*got/want)
	if got > want/2 {
		t.Errorf("got %.2f s of %.2f s, want at most half", got, want)
	}
}

// uptime is how long a machine of an image was up when its runner started, in seconds.
func uptime(s *vmtest.Site, of image, job localhub.Job) float64 {
	s.T.Helper()
	var seconds float64
	s.T.Run(of.Tree, func(t *testing.T) {
		s.T = t
		b := s.Live(of, job)
		var err error
		if seconds, err = strconv.ParseFloat(b.Told["uptime"], 64); err != nil || b.Job.Conclusion != localhub.Success {
			t.Fatalf("got %v and %+v, want a job that ran; the console's end:\n%s", err, b.Job, vmtest.End(b.Console))
		}
	})
	return seconds
}
