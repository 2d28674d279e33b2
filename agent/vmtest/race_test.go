//go:build vm

package vmtest_test

import (
	_ "embed"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

//go:embed testdata/cloud-init.sh
var byCloudInit []byte

// The same image with cloud-init in the agent's place. Its data source is named, so it need not find
// out where it is, and its network is there, so it waits for no DHCP.
var cloudInit = image{
	Tree: "cloud-init",
	Files: map[string]string{"etc/cloud/cloud.cfg.d/99-vm.cfg": `datasource_list: [Ec2]
datasource: {Ec2: {metadata_urls: ["http://169.254.169.254"]}}
network: {config: disabled}
`},
	Links: map[string]string{"etc/systemd/system/mayfly-agent.service": "/dev/null"},
}

// races is how often each of the two is booted.
const races = 3

// TestTheRunnerStartsInHalfTheTimeOfCloudInit boots both on a processor of 500 million instructions a
// second, by which the machine's clock goes as long as it has something to do. So what else runs here
// counts for little, and the two are told apart by what they do.
func TestTheRunnerStartsInHalfTheTimeOfCloudInit(t *testing.T) {
	nothing := localhub.Job{Steps: []localhub.Step{{Name: "nothing", Run: "true"}}}
	var ours, theirs []float64
	for range races {
		s := newSite(t, userData(t))
		s.counted = true
		ours = append(ours, s.uptime(image{Tree: "agent"}, nothing))

		s = newSite(t, byCloudInit)
		s.counted, s.metadata = true, listed
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
			t.Fatalf("got %v and %+v, want a job that ran; the console's end:\n%s", err, b.job, end(b.console, 3000))
		}
	})
	return seconds
}

// dated is the beginning of a path of metadata in a version of its own.
var dated = regexp.MustCompile(`^/\d{4}-\d\d-\d\d/`)

// listing is what cloud-init finds at meta-data/. It reads all of it.
var listing = map[string]string{
	"": "hostname\ninstance-id\nlocal-hostname\nlocal-ipv4\nplacement/", "hostname": "vm", "local-hostname": "vm", "local-ipv4": "10.0.2.15",
	"placement/": "availability-zone\nregion",
}

// listed adds to an instance's metadata what cloud-init wants to see of it: versions by their dates, and lists.
func listed(metadata http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = dated.ReplaceAllString(r.URL.Path, "/latest/")
		if text, found := listing[strings.TrimPrefix(r.URL.Path, "/latest/meta-data/")]; found {
			_, _ = io.WriteString(w, text)
			return
		}
		metadata.ServeHTTP(w, r)
	})
}
