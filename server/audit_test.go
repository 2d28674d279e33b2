package server_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// line is a line of the audit.
type line struct {
	Message      string            `json:"msg"`
	Audit        bool              `json:"audit"`
	Event        server.AuditEvent `json:"event"`
	ID           string            `json:"audit_id"`
	Repository   string            `json:"repository"`
	RepositoryID int64             `json:"repository_id"`
	Job          int64             `json:"job_id"`
	Run          int64             `json:"run_id"`
	RunAttempt   int               `json:"run_attempt"`
	Launch       string            `json:"launch"`
	Attempt      int               `json:"attempt"`
	Instance     string            `json:"instance"`
	Kind         runner.ReasonKind `json:"reason_kind"`
	Reason       string            `json:"reason"`
	SSHKeys      []string          `json:"ssh_keys"`
}

// auditOf are the lines of the audit in a log, by their id.
func auditOf(log string) map[string]line {
	lines := map[string]line{}
	for text := range strings.Lines(log) {
		if strings.Contains(text, `"audit":true`) {
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				panic(fmt.Errorf("%w: %s", err, text))
			}
			lines[l.ID] = l
		}
	}
	return lines
}

// unaudited is all that happened and has no line of the audit, and each line that does not say who and why.
func (s scene) unaudited(log string) (violations []string) {
	audit := auditOf(log)
	want := func(event server.AuditEvent, thing string) {
		id := fmt.Sprintf("%s/%s", thing, event)
		if _, told := audit[id]; !told {
			violations = append(violations, "the audit has no line "+id)
		}
	}
	for _, launch := range s.launches {
		for _, slot := range launch.Slots {
			want(server.AuditLaunch, launch.Key()+"/"+runner.JobKey(slot.Job))
		}
	}
	for _, r := range s.runners {
		if !r.Stamps[runner.RunnerLaunching].IsZero() {
			want(server.AuditLaunched, r.Key())
		}
		if r.SSH {
			want(server.AuditLogin, r.Key())
		}
		if !r.Live() {
			want(server.AuditTerminated, r.Key())
		}
	}
	for _, ended := range s.ended {
		want(server.AuditTerminate, runner.RunnerKey(ended.instance))
	}
	for _, job := range s.jobs {
		switch job.State {
		case runner.JobRefused:
			want(server.AuditRefused, job.Key())
		case runner.JobExpired:
			want(server.AuditExpired, job.Key())
		}
		if job.Reason == runner.RunsAgain() {
			want(server.AuditRerun, runner.RerunKey(job.RunID)+"/"+job.Key())
		}
	}
	for id, l := range audit {
		if problem := l.problem(); problem != "" {
			violations = append(violations, fmt.Sprintf("the audit's line %s %s", id, problem))
		}
	}
	return violations
}

// problem is what a line does not say.
func (l line) problem() string {
	ofJob := l.Instance == ""
	switch {
	case l.Message != "audit" || !l.Audit || !slices.Contains(server.AuditEvents, l.Event) || !strings.Contains(l.ID, string(l.Event)):
		return "is of no event that is known"
	case l.Repository == "" && l.Kind != runner.ReasonUnknown, strings.Contains(l.Repository, "/") && l.RepositoryID == 0, ofJob && l.RepositoryID == 0:
		return "does not say whose it is"
	case (ofJob || l.Job != 0) && l.Run == 0 || ofJob && (l.Job == 0 || l.RunAttempt == 0):
		return "does not say which job and run it is of"
	case (l.Kind == "" || l.Reason == "") && l.Event != server.AuditLaunched && l.Event != server.AuditLogin:
		return "does not say why"
	}
	return ""
}

func TestTheAuditTellsOfEveryEvent(t *testing.T) {
	told := map[server.AuditEvent]line{}
	collect := func(w *world) {
		for _, l := range auditOf(w.log.String()) {
			told[l.Event] = l
		}
	}
	story(t, func(t *testing.T, w *world) {
		w.powerOff = neverPowersOff
		w.run()
		w.queueJobs(2, small)
		w.queueJobs(1, "mayfly=1/runner=nonsense")
		time.Sleep(time.Minute)
		w.hub.Cancel(w.hub.Books().Jobs[2].ID)
		w.settle(time.Hour)
		collect(w)
		job := w.hub.Books().Jobs[0]
		launch := told[server.AuditLaunch]
		if launch.Attempt != 1 || launch.Kind != runner.ReasonLaunching || launch.Launch == "" {
			t.Errorf("launch: got %+v, want the first attempt, and of which launch it is", launch)
		}
		if gone := told[server.AuditTerminated]; gone.Repository != job.Repository || gone.Run != job.RunID || gone.Job == 0 || gone.Kind != runner.ReasonJobEnded {
			t.Errorf("terminated: got %+v, want the job that ended, and its run %d of %s", gone, job.RunID, job.Repository)
		}
		if refused := told[server.AuditRefused]; refused.Kind != runner.ReasonBadLabel || !strings.Contains(refused.Reason, "nonsense") {
			t.Errorf("refused: got %+v, want the label", refused)
		}
	}, config(func(c *server.Config) { c.MaxRunners = 1 }))

	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, large)
		w.queueJobs(1, small)
		w.settle(exhausted)
		collect(w)
	}, barren)

	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(2, small)
		time.Sleep(5 * time.Second)
		w.hub.Cancel(w.hub.Books().Jobs[1].ID)
		w.settle(time.Hour)
		collect(w)
	})

	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 25h"})
		time.Sleep(time.Minute)
		id := w.queueIn(repository, small)
		time.Sleep(25 * time.Hour)
		w.hub.Cancel(id)
		w.settle(time.Hour)
		collect(w)
	}, config(func(c *server.Config) { c.MaxRunners, c.MaxRuntime = 1, 30*time.Hour }))

	story(t, func(_ *testing.T, w *world) {
		w.run()
		id := w.queueRun(large)[0]
		time.Sleep(20 * time.Second)
		w.interrupt(id)
		w.settle(30 * time.Minute)
		collect(w)
	})

	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, open)
		w.settle(time.Minute)
		collect(w)
	}, config(letsIn))

	for _, event := range server.AuditEvents {
		if _, is := told[event]; !is {
			t.Errorf("no line tells of the event %s", event)
		}
	}
}

func TestTheAuditMayHaveALogOfItsOwn(t *testing.T) {
	var own buffer
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(time.Minute)
		if got := auditOf(w.log.String()); len(got) != 0 {
			t.Errorf("the server's log has %d lines of the audit, want none", len(got))
		}
		if got := len(auditOf(own.String())); got != 3 || strings.Count(own.String(), "\n") != got {
			t.Errorf("got\n%s\nwant three lines of the audit, and no others", own.String())
		}
		_, _ = w.log.Write([]byte(own.String())) // for the invariants
	}, config(func(c *server.Config) { c.Audit = slog.New(slog.NewJSONHandler(&own, nil)) }))
}

func TestThePageOfTheAuditNamesEveryEvent(t *testing.T) {
	page, err := os.ReadFile("../docs/audit.md")
	check(t, err)
	for _, event := range server.AuditEvents {
		if !strings.Contains(string(page), "| `"+string(event)+"` |") {
			t.Errorf("docs/audit.md does not say what %s is", event)
		}
	}
}
