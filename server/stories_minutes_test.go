package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// capped is a stack that may have so many minutes in a day.
func capped(minutes int) option {
	return config(func(c *server.Config) { c.MaxMinutesPerDay = minutes })
}

// wantToldOfMinutes wants so many jobs to wait for the next day, and to be told so.
func (w *world) wantToldOfMinutes(when string, want int) {
	w.t.Helper()
	told := 0
	for _, job := range w.unfinished().Jobs {
		if why := job.Reason; why.Kind == runner.ReasonMaxMinutes {
			told++
			if said := why.String(); !strings.Contains(said, "may have 20 in a day (MaxMinutesPerDay)") || !strings.Contains(said, "at 00:00:00 UTC") {
				w.t.Errorf("%s: a job is told %q, want the limit, its name, and when it ends", when, said)
			}
			if earlier := job.Log[:len(job.Log)-1]; slices.ContainsFunc(earlier, ofMinutes) {
				w.t.Errorf("%s: a job was told more than once: %v", when, job.Log)
			}
		}
	}
	if told != want {
		w.t.Errorf("%s: %d jobs are told that the day's minutes are used up, want %d", when, told, want)
	}
}

func ofMinutes(line runner.Told) bool { return line.Reason.Kind == runner.ReasonMaxMinutes }

func TestJobsBeyondTheDaysMinutesWaitUntilMidnight(t *testing.T) {
	var mail told
	story(t, func(t *testing.T, w *world) { // it begins at midnight
		midnight := runner.Midnight(time.Now()).Add(24 * time.Hour)
		stop := w.run()
		w.queueJobs(2, small, localhub.Step{Run: "sleep 10m"})
		time.Sleep(9 * time.Minute)
		w.queueJobs(1, small) // 18 minutes were lived, and this is the 19th
		time.Sleep(time.Minute)
		w.queueJobs(3, small)
		time.Sleep(time.Hour)
		w.wantLaunched(3)
		w.wantToldOfMinutes("after an hour", 3)
		stop()
		w.runServer(w.another("b"))
		time.Sleep(time.Hour)
		w.wantToldOfMinutes("after the server was started anew", 3)
		mail.wantOne(t)
		waits := 0
		for _, line := range auditOf(w.log.String()) {
			if line.Event == server.AuditWait && line.Kind == runner.ReasonMaxMinutes {
				waits++
			}
		}
		if waits != 3 {
			t.Errorf("the audit tells of %d jobs that wait for the next day, want 3", waits)
		}
		w.settle(23 * time.Hour)
		w.wantSucceeded(6)
		for _, instance := range w.cloud.Instances()[3:] {
			if late := instance.LaunchedAt.Sub(midnight); late < 0 || late > time.Minute {
				t.Errorf("launched %v after midnight, want at once", late)
			}
		}
	}, capped(20), alerting(&mail))
}

func TestABurstIsHeldToTheDaysMinutesByTwoServers(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.runServer(w.another("b"))
		w.queueJobs(100, small, localhub.Step{Run: "sleep 30m"})
		time.Sleep(29 * time.Minute)
		w.wantLaunched(20) // each will live for a minute at least
		w.wantToldOfMinutes("while they run", 80)
		for _, entry := range w.hub.Books().Jobs {
			w.hub.Cancel(entry.ID)
		}
		w.settle(time.Hour)
	}, capped(20))
}

func TestWhenTheDaysMinutesAreRaisedTheJobsGoOn(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		stop := w.run()
		w.queueJobs(25, small, localhub.Step{Run: "sleep 5m"})
		time.Sleep(time.Hour)
		w.wantToldOfMinutes("with 20", 5)
		stop()
		w.serverConfig.MaxMinutesPerDay = 1000
		w.runServer(w.another("b"))
		w.settle(10 * time.Minute)
		w.wantSucceeded(25)
	}, capped(20))
}
