package agent_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestTheLogOutlivesTheInstanceWithoutTheSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, func(u *assignment.UserData) { u.LogGroup = "/ci/runners" }))
		w.assign(t)
		const other = "another-secret-4711-of-the-same-masker"
		if err := w.masker.Register(secret.New(other), time.Time{}); err != nil {
			t.Fatal(err)
		}
		w.logs = logs.New(logs.Config{Masker: w.masker})
		_, _ = w.logs.Writer("").Write([]byte("before anybody knows where it goes: " + other + "\n"))
		w.made.user.UID = 0 // whose files the test's are
		w.file(t, "/opt/runner/_diag/Runner_1.log", "listening with "+other+"\n")
		w.file(t, "/opt/runner/_diag/Worker_1.log", "the job's own\n")
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		shipped := w.made.shipped.String()
		for _, want := range []string{"before anybody knows where it goes: ***", "listening with ***"} {
			if !strings.Contains(shipped, want) {
				t.Errorf("got\n%s\nwant %q in it", shipped, want)
			}
		}
		if strings.Contains(shipped, "the job's own") {
			t.Errorf("got\n%s\nwant nothing of the job's", shipped)
		}
		if got := w.made.shipping; got.Group != "/ci/runners" || got.Stream != w.Instance || got.Region != "us-east-1" {
			t.Errorf("it goes to %+v", got)
		}
		if got, want := w.events[len(w.events)-1], "poweroff now"; got != want {
			t.Errorf("at last: got %q, want %q", got, want)
		}
	})
}

func TestABadTelemetryURLIsFoundAtBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, func(u *assignment.UserData) { u.TelemetryURL = "http://example.org/" }))
		w.assign(t)
		w.mustFail(t, "telemetry_url")
		w.mustEndUnstarted(t)
	})
}
