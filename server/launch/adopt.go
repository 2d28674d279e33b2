package launch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// made says of the answer to a repeated call that there was an earlier one, or this one, to give instances.
func made(err error) bool { return err == nil || asLaunchError(err).Code == runner.RepeatDiffers }

// adopt adds to the answer of a repeated call the instances that an earlier call of the same launch
// made. EC2 promises that a repeat launches nothing again, not that it tells what there is.
func (s *Stage) adopt(ctx context.Context, launch runner.Launch, result *runner.LaunchResult) error {
	seen, err := s.Fleet.Describe(ctx, runner.Query{Launch: launch.ID})
	if err != nil {
		return fmt.Errorf("look for what launch %s made: %w", launch.ID, err)
	}
	for _, found := range seen {
		known := slices.ContainsFunc(result.Instances, func(i runner.Instance) bool { return i.ID == found.Instance.ID })
		if !known {
			result.Instances = append(result.Instances, found.Instance)
		}
	}
	return nil
}

// awaited says whether the answer to a repeated call may lack instances only because EC2 does not
// show them yet.
func (s *Stage) awaited(launch runner.Launch, answered reply, now time.Time) bool {
	return launch.Calls > 1 && answered.err == nil && len(answered.result.Errors) == 0 &&
		len(answered.result.Instances) < launch.Request.Count && now.Before(launch.DecidedAt.Add(s.Shown))
}

// LookAgain keeps a launch open until EC2 shows what it made.
func LookAgain(s runner.Snapshot, launch runner.Launch, wait time.Duration) []runner.Item {
	launch.NextAt = s.Now.Add(wait).UTC()
	launch.Reason = runner.LaunchFailed(runner.LaunchError{Class: runner.UnknownOutcome, Code: "no answer yet"}, launch.NextAt)
	return []runner.Item{launch}
}
