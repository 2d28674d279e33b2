package metrics_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/metrics"
)

func TestWhatEC2AnsweredIsCounted(t *testing.T) {
	request := runner.LaunchRequest{Count: 2, Shape: runner.Shape{Capacity: runner.Spot}}
	instance, out := runner.Instance{ID: "i-1"}, runner.LaunchError{Class: runner.NoCapacity}
	for name, test := range map[string]struct {
		result runner.LaunchResult
		err    error
		want   []metrics.Observation
	}{
		"all":     {runner.LaunchResult{Instances: []runner.Instance{instance, instance}}, nil, []metrics.Observation{one("fleet_calls_total", "full")}},
		"some":    {runner.LaunchResult{Instances: []runner.Instance{instance}, Errors: []runner.LaunchError{out}}, nil, []metrics.Observation{one("fleet_calls_total", "partial"), one("launch_errors_total", "no_capacity", "spot")}},
		"none":    {runner.LaunchResult{Errors: []runner.LaunchError{out, out}}, nil, []metrics.Observation{one("fleet_calls_total", "none"), one("launch_errors_total", "no_capacity", "spot"), one("launch_errors_total", "no_capacity", "spot")}},
		"slower":  {runner.LaunchResult{}, &runner.LaunchError{Class: runner.Throttled}, []metrics.Observation{one("fleet_calls_total", "throttled"), one("launch_errors_total", "throttled", "spot")}},
		"nothing": {runner.LaunchResult{}, errors.New("no answer"), []metrics.Observation{one("fleet_calls_total", "unknown_outcome"), one("launch_errors_total", "unknown_outcome", "spot")}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, metrics.FleetCall(request, test.result, test.err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPassIsTimed(t *testing.T) {
	for outcome, err := range map[string]error{"done": nil, "failed": errors.New("no record")} {
		if diff := cmp.Diff(took(0.25, "pass", outcome), metrics.Pass(250*time.Millisecond, err)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
