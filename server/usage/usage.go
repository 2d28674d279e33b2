// Package usage counts the minutes that runners live, for an alarm on what the stack may cost, and for what it
// may have in a day. Each is counted once, whoever makes the passes: until when they were counted is stored before
// they are told.
// What is lost by a crash between the two is a minute or so; nothing is told twice.
package usage

import (
	"context"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// every is how often minutes are told, while there are any.
const every = time.Minute

// Meter is told of minutes. Implemented by cloudwatch.Meter.
type Meter interface {
	RunnerMinutes(ctx context.Context, minutes float64, at time.Time) error
}

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

// Stage tells a meter of runners' minutes. Without a meter it tells nobody.
type Stage struct {
	Meter Meter
	Log   *slog.Logger
}

// Ended adds what is to be stored together with items that end runners: what these have lived. Of the day it is
// counted with no meter, too, so that whoever sets a limit at noon has the morning's.
func (s *Stage) Ended(snapshot runner.Snapshot, items []runner.Item) []runner.Item {
	usage, ended := snapshot.Usage, map[string]bool{}
	for _, item := range items {
		gone, is := item.(runner.Runner)
		if before, lived := snapshot.Runners[gone.Instance]; is && lived && !gone.Live() && !ended[gone.Instance] {
			usage = usage.OfDay(before, snapshot.Now)
			if s.Meter != nil {
				usage = usage.Counting(before, snapshot.Now)
			}
			ended[gone.Instance] = true
		}
	}
	if len(ended) == 0 {
		return nil
	}
	return []runner.Item{usage}
}

// Run tells of the minutes that were not counted yet, if it is time to. An error is the store's.
func (s *Stage) Run(ctx context.Context, snapshot *runner.Snapshot, store Store) error {
	due := s.DueAt(*snapshot)
	if due.IsZero() || due.After(snapshot.Now) {
		return nil
	}
	now, uncounted := snapshot.Now, snapshot.Usage.Uncounted(snapshot.Runners, snapshot.Now)
	told := snapshot.Usage
	told.At, told.Ended = now.UTC(), 0
	if err := store(ctx, told); err != nil {
		return err
	}
	if err := s.Meter.RunnerMinutes(ctx, uncounted.Minutes(), now); err != nil {
		s.Log.Error("minutes of runners not told", "minutes", uncounted.Minutes(), "error", err)
	}
	return nil
}

// DueAt is when minutes are to be told; zero is not before there are any.
func (s *Stage) DueAt(snapshot runner.Snapshot) time.Time {
	if s.Meter == nil || len(snapshot.Runners) == 0 && snapshot.Usage.Ended == 0 {
		return time.Time{}
	}
	first := snapshot.Now
	if snapshot.Usage.Ended > 0 {
		first = snapshot.Usage.At
	}
	for _, instance := range snapshot.Runners {
		if since := instance.Since(); since.Before(first) {
			first = since
		}
	}
	if first.Before(snapshot.Usage.At) {
		first = snapshot.Usage.At
	}
	return first.Add(every)
}
