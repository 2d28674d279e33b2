//go:build vm

package vmtest_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// endless is a job that goes on for longer than any machine of these tests, once root has looked.
func endless() localhub.Job {
	return localhub.Job{Steps: slices.Concat(probes.Steps, []localhub.Step{{Name: "endless", Run: "sleep 1000"}})}
}

// deed is what root does when it has looked, in the middle of a job.
func deed(script string) map[string]string {
	return map[string]string{"opt/vmtest/deed.sh": "#!/bin/bash\n" + script}
}

func TestAMachineWhoseAgentIsKilledEnds(t *testing.T) {
	s := vmtest.NewSite(t, vmtest.UserData(t, assignment.Compat))
	b := s.Live(image{Tree: "agent", Files: deed("systemctl kill --kill-whom=main --signal=KILL mayfly-agent.service")}, endless())
	if b.Job.State != localhub.InProgress || !strings.Contains(b.Job.Log, "Run witness") {
		t.Errorf("the job: got %+v, want that it was cut off, and GitHub not told", b.Job)
	}
	if len(b.Reports) == 0 || b.Reports[len(b.Reports)-1].Kind != assignment.Started {
		t.Errorf("got the reports %+v, want that the last is of the job's start", b.Reports)
	}
}

// The agent is stopped, so its unit knows of nothing. Its deadline is in the file that the units wait
// for; the test shortens it, for it is the job's longest time and five minutes. The power-off asks the
// agent to end, and systemd wakes it up for that, so it may still report.
func TestAMachineWhoseAgentHangsEndsAtItsDeadline(t *testing.T) {
	s := vmtest.NewSite(t, vmtest.UserData(t, assignment.Compat))
	s.Limits = assignment.Assignment{MaxRuntime: 20 * time.Minute, MaxIdle: 10 * time.Minute}
	b := s.Live(image{Tree: "agent", Files: deed(`
systemctl kill --kill-whom=main --signal=STOP mayfly-agent.service
curl -sS --data-binary @/run/mayfly/deadline http://10.0.2.1:8081/deadline
echo 1 >/run/mayfly/deadline
systemctl stop mayfly-deadline.service
systemctl start mayfly-deadline.service
`)}, endless())
	if b.Job.Conclusion == localhub.Success || !strings.Contains(b.Job.Log, "Run witness") {
		t.Errorf("the job: got %+v, want that it was cut off", b.Job)
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(b.Told["deadline"]))
	if got := time.Duration(seconds) * time.Second; err != nil || got > 25*time.Minute || got < 20*time.Minute {
		t.Errorf("the deadline: got %v, %v, want the job's 20 min and at most 5 min more", got, err)
	}
}

func TestADoorThatCannotBeShutMeansNoJob(t *testing.T) {
	s := vmtest.NewSite(t, vmtest.UserData(t, assignment.Compat))
	b := s.Live(image{Tree: "agent", Gone: []string{"usr/lib/modules/*/kernel/net/netfilter/nf_tables.ko"}}, probes)
	if b.Job.State != localhub.Queued || b.Told["uptime"] != "" {
		t.Errorf("the job: got %+v and a runner's start at %q, want that it is queued and no runner ever started", b.Job, b.Told["uptime"])
	}
	if len(b.Reports) != 1 || b.Reports[0].Kind != assignment.Exited || b.Reports[0].TookJob || !strings.Contains(b.Reports[0].Problem, "door") {
		t.Errorf("got the reports %+v, want one, of a door that could not be shut", b.Reports)
	}
}
