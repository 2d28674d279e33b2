// Package alert tells people what they have to do something about. Each is told once an hour at
// most, however often it happens.
package alert

import (
	"context"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Sender brings an alert to people. Implemented by Log and sns.Sender.
type Sender interface {
	Send(ctx context.Context, text string) error
}

// Log writes alerts to the log, as warnings.
type Log struct{ *slog.Logger }

// Send writes one alert.
func (l Log) Send(ctx context.Context, text string) error {
	l.WarnContext(ctx, "alert", "text", text)
	return nil
}

// again is how long the same alert is not sent again.
const again = time.Hour

// Alert is something to tell. What has the same key is the same alert.
type Alert struct{ Key, Text string }

// Of is what people have to be told of an item that is stored, if anything.
func Of(item runner.Item) (Alert, bool) {
	switch item := item.(type) {
	case runner.Job:
		return ofJob(item)
	case runner.Runner:
		if item.State == runner.RunnerFailed && item.Reason == runner.UnknownInstance() {
			return Alert{Key: "unknown instance", Text: "instance " + item.Instance + " is ended: " + item.Reason.String()}, true
		}
	}
	return Alert{}, false
}

func ofJob(job runner.Job) (Alert, bool) {
	about := job.Repository.FullName + ", job " + job.Name + ": " + job.Reason.String()
	switch {
	case job.State == runner.JobRefused && (job.Reason.Kind == runner.ReasonAttemptsExhausted || job.Reason.Kind == runner.ReasonLaunchRejected):
		return Alert{Key: job.Key(), Text: "a job gets no runner. " + about}, true
	case job.State == runner.JobQueued && job.Reason.Kind == runner.ReasonMaxMinutes:
		return Alert{Key: string(job.Reason.Kind), Text: "jobs wait for the next day. " + about}, true
	case job.State == runner.JobQueued && needsOperator(job.Reason.Kind):
		return Alert{Key: job.Reason.String(), Text: "jobs wait for what only you can change. " + about}, true
	case job.State == runner.JobQueued && job.Reason.Kind == runner.ReasonLaunchFailed && job.Reason.Lasting():
		return Alert{Key: "launches fail with " + job.Reason.What, Text: "jobs wait for what only you can change. " + about}, true
	}
	return Alert{}, false
}

// needsOperator says whether GitHub gives runners again only once somebody has changed something there.
func needsOperator(kind runner.ReasonKind) bool {
	switch kind {
	case runner.ReasonGitHubDenies, runner.ReasonNoApp, runner.ReasonNoGroup, runner.ReasonBarred:
		return true
	default:
		return false
	}
}

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

// Stage sends alerts.
type Stage struct {
	Sender Sender
	Log    *slog.Logger
}

// Raise sends those alerts that were not sent lately. That it is sent is stored before it is sent. An
// error is the store's.
func (s *Stage) Raise(ctx context.Context, snapshot *runner.Snapshot, store Store, alerts []Alert) error {
	for _, alert := range alerts {
		if last, sent := snapshot.Alerted.At[alert.Key]; sent && snapshot.Now.Before(last.Add(again)) {
			continue
		}
		if err := store(ctx, snapshot.Alerted.With(alert.Key, snapshot.Now, again)); err != nil {
			return err
		}
		if err := s.Sender.Send(ctx, alert.Text); err != nil {
			s.Log.Error("alert not sent", "text", alert.Text, "error", err)
		}
	}
	return nil
}
