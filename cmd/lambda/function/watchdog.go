package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Grace is how much longer than its runtime an instance is left to whoever ends it by right: the agent at
// its runtime, the server eight minutes later.
const Grace = 15 * time.Minute

// perEnd is how many instances EC2 ends in one call.
// Source: docs.aws.amazon.com, EC2 API Reference, "TerminateInstances".
const perEnd = 1000

// Instances are those of one stack. Implemented by instance.Guard.
type Instances interface {
	Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error)
	Terminate(ctx context.Context, ids []string) error
}

// Watchdog ends instances that have overstayed, by the stack's tag and EC2's word of their age. It knows no
// record and no GitHub, so that it works when all else is dead.
type Watchdog struct {
	Instances  Instances
	MaxRuntime time.Duration // how long an instance may live; it is ended [Grace] later
	Log        *slog.Logger
}

// Watch looks once. Each instance that it ends is a warning: somebody else should have ended it.
func (w Watchdog) Watch(ctx context.Context) error {
	seen, err := w.Instances.Describe(ctx, runner.Query{})
	if err != nil {
		return err
	}
	var problems []error
	for ids := range slices.Chunk(w.overdue(seen, time.Now()), perEnd) {
		problems = append(problems, w.end(ctx, ids))
	}
	return errors.Join(problems...)
}

func (w Watchdog) overdue(seen []runner.Seen, now time.Time) (ids []string) {
	for _, one := range seen {
		if one.State == "terminated" || one.State == "shutting-down" || now.Sub(one.LaunchedAt) < w.MaxRuntime+Grace {
			continue
		}
		w.Log.Warn("instance overdue, and ended by the watchdog", "instance", one.Instance.ID, "launch", one.Launch, "launched_at", one.LaunchedAt)
		ids = append(ids, one.Instance.ID)
	}
	return ids
}

// end ends instances; one that EC2 refuses to end keeps no other alive.
func (w Watchdog) end(ctx context.Context, ids []string) error {
	err := w.Instances.Terminate(ctx, ids)
	if !errors.Is(err, runner.ErrOneRefused) || len(ids) == 1 {
		return err
	}
	var problems []error
	for _, id := range ids {
		if err := w.Instances.Terminate(ctx, []string{id}); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", id, err))
		}
	}
	return errors.Join(problems...)
}
