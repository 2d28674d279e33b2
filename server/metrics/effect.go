package metrics

import (
	"errors"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// What came of a pass, and of a fleet call that was answered.
const (
	done    = "done"
	failed  = "failed"
	full    = "full"    // as many instances as were asked for
	partial = "partial" // some
	none    = "none"
)

// Pass is a pass that was made.
func Pass(lasted time.Duration, err error) Observation {
	outcome := done
	if err != nil {
		outcome = failed
	}
	return Observation{Name: passDuration, Value: lasted.Seconds(), Labels: []string{outcome}}
}

// Webhook is a request that was answered.
func Webhook(outcome string) Observation { return one(webhooks, outcome) }

// UnknownItems are items of the record that this release does not know.
func UnknownItems(items int) Observation {
	return Observation{Name: unknownItems, Value: float64(items)}
}

// FleetCall is what EC2 answered to a launch. An error that is no *[runner.LaunchError] is of unknown
// outcome.
func FleetCall(request runner.LaunchRequest, result runner.LaunchResult, err error) []Observation {
	if err != nil {
		class := runner.UnknownOutcome
		if problem, is := errors.AsType[*runner.LaunchError](err); is {
			class = problem.Class
		}
		return []Observation{one(fleetCalls, string(class)), one(launchErrors, string(class), string(request.Shape.Capacity))}
	}
	outcome := partial
	switch given := len(result.Instances); {
	case given >= request.Count:
		outcome = full
	case given == 0:
		outcome = none
	}
	o := []Observation{one(fleetCalls, outcome)}
	for _, problem := range result.Errors {
		o = append(o, one(launchErrors, string(problem.Class), string(request.Shape.Capacity)))
	}
	return o
}
