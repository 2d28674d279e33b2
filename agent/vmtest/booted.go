//go:build vm || image

package vmtest

import (
	"errors"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Booted is one machine's life, and what is left of it.
type Booted struct {
	Machine
	Reports []assignment.Report
	Told    map[string]string // what the machine told the tests, by name
	Job     localhub.JobEntry
}

// Log tells the boot as the machine itself saw it.
func (b Booted) Log(t *testing.T) {
	t.Helper()
	t.Logf("the machine was on for %v; its runner started %s s after its kernel", b.On.Round(100*time.Millisecond), b.Told["uptime"])
	if len(b.Reports) == 0 {
		return
	}
	steps := b.Reports[len(b.Reports)-1].Timings
	for _, step := range steps {
		t.Logf("%6.2f s  %s", step.At.Sub(steps[0].At).Seconds(), step.Step)
	}
}

// reports are the instance's, in order.
func (s *Site) reports(instance string) (all []assignment.Report) {
	s.T.Helper()
	for n := 1; ; n++ {
		body, err := s.server.Get(s.T.Context(), runner.ReportKey(roleID, instance, n))
		if errors.Is(err, bucket.ErrNotFound) {
			return all
		}
		Must(s.T, err)
		report, err := assignment.DecodeReport(body)
		Must(s.T, err)
		all = append(all, report)
	}
}
