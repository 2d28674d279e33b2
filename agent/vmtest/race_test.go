//go:build vm

package vmtest_test

import (
	_ "embed"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

//go:embed testdata/cloud-init.sh
var byCloudInit []byte

// The same image with cloud-init in the agent's place. It is told where its data is, so it need not find
// out where it runs, and its network is there, so it waits for no DHCP.
var cloudInit = image{
	Tree: "cloud-init",
	Files: map[string]string{"etc/cloud/cloud.cfg.d/99-vm.cfg": `datasource_list: [NoCloud]
datasource: {NoCloud: {seedfrom: "http://169.254.169.254/seed/"}}
network: {config: disabled}
locale: false
ssh_deletekeys: false
ssh_genkeytypes: []
`},
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
		s := newSite(t, userData(t, assignment.Compat))
		s.counted = true
		ours = append(ours, s.uptime(image{Tree: "agent"}, nothing))

		s = newSite(t, byCloudInit)
		s.counted, s.metadata = true, seeded
		theirs = append(theirs, s.uptime(cloudInit, nothing))
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
func (s *site) uptime(of image, job localhub.Job) float64 {
	s.t.Helper()
	var seconds float64
	s.t.Run(of.Tree, func(t *testing.T) {
		s.t = t
		b := s.live(of, job)
		var err error
		if seconds, err = strconv.ParseFloat(b.told["uptime"], 64); err != nil || b.job.Conclusion != localhub.Success {
			t.Fatalf("got %v and %+v, want a job that ran; the console's end:\n%s", err, b.job, end(b.console))
		}
	})
	return seconds
}

// seeded adds to an instance's metadata what cloud-init reads, in three requests with no token.
func seeded(metadata http.Handler) http.Handler {
	seed := map[string]string{"meta-data": "instance-id: i-1\nlocal-hostname: vm\n", "user-data": string(byCloudInit), "vendor-data": ""}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, found := seed[strings.TrimPrefix(r.URL.Path, "/seed/")]; found {
			_, _ = io.WriteString(w, text)
			return
		}
		metadata.ServeHTTP(w, r)
	})
}
