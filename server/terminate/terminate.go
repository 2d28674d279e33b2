// Package terminate ends the instances that have nothing left to do. An instance powers itself off
// when its job ends; one that does not is ended from here.
package terminate

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// perCall is how many instances one call ends. EC2 advises no more than this.
// Source: karpenter-provider-aws, pkg/batcher: 500 instances in a TerminateInstances batch.
const perCall = 500

// interruption is how long EC2 leaves a spot instance that it takes back.
// Source: docs.aws.amazon.com, "Spot Instance interruption notices".
const interruption = 2 * time.Minute

// again is how long EC2 has to say that an instance is gone before it is asked again.
const again = time.Minute

// Fleet ends instances. Implemented by instance.Fleet and localcloud.Cloud.
type Fleet interface {
	// Terminate ends all of the instances, or none: an error that is [runner.ErrOneRefused] is about some.
	Terminate(ctx context.Context, instances []string) error
}

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

// Stage ends instances.
type Stage struct {
	Limits
	Stack       string
	Fleet       Fleet
	GitHub      GitHub
	Grace       time.Duration // that an instance has to power itself off
	LongestWait time.Duration // between two tries of what failed
	Log         *slog.Logger
}

// DueAt is when the instance of a runner has to be ended; zero is never.
func (s *Stage) DueAt(r runner.Runner) time.Time {
	switch {
	case !r.Ending():
		return time.Time{}
	case !r.NextAt.IsZero():
		return r.NextAt
	case r.State == runner.RunnerInterrupted:
		return r.Stamps[r.State].Add(interruption + s.Grace)
	}
	return r.Stamps[r.State].Add(s.Grace)
}

// End ends every instance that is due, until the time is over. An error is the store's:
// a call that EC2 refuses is logged, and made again after seconds, then ever later.
func (s *Stage) End(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for batch := range slices.Chunk(s.due(*snapshot), perCall) {
		if until.Over() {
			return nil
		}
		intent := make([]runner.Item, len(batch))
		for i, instance := range batch {
			instance.Calls++
			instance.NextAt = snapshot.Now.Add(again).UTC()
			batch[i], intent[i] = instance, instance
		}
		if err := store(ctx, intent...); err != nil {
			return err
		}
		refused, err := s.end(ctx, batch, until)
		if len(refused) > 0 {
			s.Log.Warn("instances could not be ended", "instances", idsOf(refused), "error", err)
			if err := store(ctx, s.sooner(refused, snapshot.Now)...); err != nil {
				return err
			}
		}
		if ended := without(idsOf(batch), idsOf(refused)); len(ended) > 0 {
			s.Log.Info("instances ended: they did not power themselves off", "instances", ended)
		}
	}
	return nil
}

// end ends a batch, and those that EC2 refuses no others: then each is ended by itself. Refused are the
// ones that are not ended, and the last error is why.
func (s *Stage) end(ctx context.Context, batch []runner.Runner, until runner.Until) (refused []runner.Runner, err error) {
	err = s.call(ctx, idsOf(batch))
	switch {
	case err == nil:
		return nil, nil
	case len(batch) == 1 || !errors.Is(err, runner.ErrOneRefused) || until.Over():
		return batch, err
	}
	for _, alone := range batch {
		not, why := s.end(ctx, []runner.Runner{alone}, until)
		if why != nil {
			refused, err = append(refused, not...), why
		}
	}
	return refused, err
}

func (s *Stage) call(ctx context.Context, instances []string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return s.Fleet.Terminate(ctx, instances)
}

func without(ids, others []string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(others, id) })
}

func idsOf(instances []runner.Runner) []string {
	ids := make([]string, len(instances))
	for i, instance := range instances {
		ids[i] = instance.Instance
	}
	return ids
}

// sooner are the instances of a refused call, to be asked for again before the minute is over that
// EC2 has for a call that it took.
func (s *Stage) sooner(refused []runner.Runner, now time.Time) []runner.Item {
	items := make([]runner.Item, len(refused))
	for i, instance := range refused {
		instance.NextAt = s.later(instance.Calls, now)
		items[i] = instance
	}
	return items
}

// later is when what failed so many times is tried again: after two seconds, then twice as long each
// time.
func (s *Stage) later(tries int, now time.Time) time.Time {
	return now.Add(min(s.LongestWait, time.Second<<min(tries, 6))).UTC()
}

func (s *Stage) due(snapshot runner.Snapshot) []runner.Runner {
	var due []runner.Runner
	for _, instance := range snapshot.Runners {
		if at := s.DueAt(instance); !at.IsZero() && !at.After(snapshot.Now) {
			due = append(due, instance)
		}
	}
	slices.SortFunc(due, func(a, b runner.Runner) int {
		return a.Stamps[a.State].Compare(b.Stamps[b.State])
	})
	return due
}
