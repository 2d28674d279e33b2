//go:build vm

package vmtest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// booted is one machine's life, and what is left of it.
type booted struct {
	machine
	reports []assignment.Report
	told    map[string]string // what the machine told the tests, by name
	job     localhub.JobEntry
}

// log tells the boot as the machine itself saw it.
func (b booted) log(t *testing.T) {
	t.Helper()
	t.Logf("the machine was on for %v; its runner started %s s after its kernel", b.on.Round(100*time.Millisecond), b.told["uptime"])
	if len(b.reports) == 0 {
		return
	}
	steps := b.reports[len(b.reports)-1].Timings
	for _, step := range steps {
		t.Logf("%6.2f s  %s", step.At.Sub(steps[0].At).Seconds(), step.Step)
	}
}

// reports are the instance's, in order.
func (s *site) reports(instance string) (all []assignment.Report) {
	s.t.Helper()
	for n := 1; ; n++ {
		body, err := s.server.Get(s.t.Context(), runner.ReportKey(roleID, instance, n))
		if errors.Is(err, bucket.ErrNotFound) {
			return all
		}
		must(s.t, err)
		report, err := assignment.DecodeReport(body)
		must(s.t, err)
		all = append(all, report)
	}
}
