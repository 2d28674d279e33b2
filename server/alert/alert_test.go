package alert_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/alert"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestWhatIsWorthAnAlert(t *testing.T) {
	job := func(state runner.JobState, why runner.Reason) runner.Job {
		return runner.Job{ID: 7, Name: "build", Repository: runner.Repository{FullName: "o/r"}, State: state, Reason: why}
	}
	failed := func(class runner.LaunchErrorClass) runner.Reason {
		return runner.LaunchFailed(runner.LaunchError{Class: class, Code: "Code"}, noon)
	}
	for what, test := range map[string]struct {
		item runner.Item
		key  string // empty: not worth one
	}{
		"a job that gets no runner after all attempts":  {job(runner.JobRefused, runner.AttemptsExhausted(5, "x")), "job/7"},
		"a launch that EC2 refuses":                     {job(runner.JobRefused, runner.LaunchRejected("x", "y")), "job/7"},
		"a label that is wrong is its author's to mend": {job(runner.JobRefused, runner.BadLabel("x", "y")), ""},
		"a quota":                       {job(runner.JobQueued, failed(runner.Quota)), "launches fail with Code"},
		"a missing permission":          {job(runner.JobQueued, failed(runner.Denied)), "launches fail with Code"},
		"a mistake in a subnet":         {job(runner.JobQueued, failed(runner.BadRequest)), "launches fail with Code"},
		"GitHub denies":                 {job(runner.JobQueued, runner.GitHubDenies("o")), runner.GitHubDenies("o").String()},
		"no App is set up":              {job(runner.JobQueued, runner.NoApp()), runner.NoApp().String()},
		"no runner group":               {job(runner.JobQueued, runner.NoGroup("o", "g")), runner.NoGroup("o", "g").String()},
		"a group that bars it":          {job(runner.JobQueued, runner.Barred("o/r", "g")), runner.Barred("o/r", "g").String()},
		"the day's minutes are used up": {job(runner.JobQueued, runner.MaxMinutes(40, 41*time.Minute, noon)), "max_minutes"},
		"GitHub is down":                {job(runner.JobQueued, runner.GitHubDown("o")), ""},
		"no capacity will pass":         {job(runner.JobQueued, failed(runner.NoCapacity)), ""},
		"an unknown instance":           {runner.Runner{Instance: "i-1", State: runner.RunnerFailed, Reason: runner.UnknownInstance()}, "unknown instance"},
		"a runner that failed":          {runner.Runner{Instance: "i-1", State: runner.RunnerFailed, Reason: runner.Surplus()}, ""},
		"a launch":                      {runner.Launch{ID: "l"}, ""},
	} {
		got, is := alert.Of(test.item)
		if is != (test.key != "") || got.Key != test.key {
			t.Errorf("%s: got %q, %v, want %q", what, got.Key, is, test.key)
		}
		if is && !strings.Contains(got.Text, "o/r") && !strings.Contains(got.Text, "i-1") {
			t.Errorf("%s: the text does not say whom it is about: %q", what, got.Text)
		}
	}
}

type sent []string

func (s *sent) Send(_ context.Context, text string) error {
	*s = append(*s, text)
	return nil
}

func TestTheSameAlertIsSentOnceAnHour(t *testing.T) {
	var mail sent
	stage := alert.Stage{Sender: &mail, Log: slog.New(slog.DiscardHandler)}
	s := runner.NewSnapshot()
	store := func(ctx context.Context, items ...runner.Item) error { s.Put(items...); return ctx.Err() }
	raise := func(after time.Duration, keys ...string) {
		t.Helper()
		s.Now = noon.Add(after)
		var alerts []alert.Alert
		for _, key := range keys {
			alerts = append(alerts, alert.Alert{Key: key, Text: key})
		}
		if err := stage.Raise(t.Context(), &s, store, alerts); err != nil {
			t.Fatal(err)
		}
	}
	raise(0, "quota", "quota", "denied")
	raise(59*time.Minute, "quota")
	raise(61*time.Minute, "quota")
	if want := []string{"quota", "denied", "quota"}; !slices.Equal(mail, want) {
		t.Errorf("sent %q, want %q", mail, want)
	}
	if len(s.Alerted.At) != 1 {
		t.Errorf("%d alerts are remembered, want only those of the last hour", len(s.Alerted.At))
	}
}
