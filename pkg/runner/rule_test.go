package runner_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestTheRulePassesOnWhatSomethingIsDoneAbout(t *testing.T) {
	instance := func(state, action string) runner.Event {
		return runner.Event{Source: runner.SourceEC2, At: time.Unix(0, 0), Instance: &runner.InstanceEvent{Instance: "i-1", State: state, Action: action}}
	}
	for name, test := range map[string]struct {
		event runner.Event
		want  bool
	}{
		"pending":         {instance("pending", ""), false},
		"running":         {instance("running", ""), false},
		"shutting down":   {instance("shutting-down", ""), false},
		"stopping":        {instance("stopping", ""), true},
		"stopped":         {instance("stopped", ""), true},
		"terminated":      {instance("terminated", ""), true},
		"an interruption": {instance("", "terminate"), true},
		"a report":        {runner.Event{Source: runner.SourceS3, At: time.Unix(0, 0), Object: &runner.ObjectEvent{Bucket: "b", Key: "k"}}, true},
	} {
		body, err := json.Marshal(test.event)
		if err != nil {
			t.Fatal(err)
		}
		if got := runner.RulePasses(body); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	if !runner.RulePasses([]byte("{")) {
		t.Error("what is no event is not passed on, and so is seen by nobody")
	}
}
