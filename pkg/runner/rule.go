package runner

import (
	"encoding/json"
	"slices"
)

// RuleStates are the states of an instance of which a stack's rule for EventBridge tells the queue. Of the
// others (pending, running, shutting-down) it tells nothing: each would be one message more for every job,
// and what they say is told by the instance's own reports, or by the next sweep.
func RuleStates() []string { return []string{"stopping", "stopped", "terminated"} }

// RulePasses says whether that rule passes on an event of the account's, for whoever stands in for
// EventBridge. What it cannot read it passes on.
func RulePasses(body []byte) bool {
	var event Event
	if err := json.Unmarshal(body, &event); err != nil || event.Instance == nil {
		return true
	}
	return event.Instance.Action != "" || slices.Contains(RuleStates(), event.Instance.State)
}
