package watch

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// noticed is the longest that EC2 says before it takes a spot instance back.
// Source: docs.aws.amazon.com, EC2 User Guide, "Spot Instance interruption notices".
const noticed = 2 * time.Minute

// actions are what EC2 may do to a spot instance. An instance that is stopped or hibernated comes back with
// no runner, so all of them are its end. Source: the same.
var actions = []string{"terminate", "stop", "hibernate"}

// Notice is EC2's word that it takes a spot instance back.
type Notice struct {
	Action string
	At     time.Time // by EC2's clock
}

// parseNotice reads a notice as the metadata has it. What else is in it is left to EC2.
func parseNotice(body []byte) (Notice, error) {
	var document struct {
		Action string    `json:"action"`
		Time   time.Time `json:"time"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return Notice{}, fmt.Errorf("it is no JSON object with action and time: %w", err)
	}
	switch {
	case !slices.Contains(actions, document.Action):
		return Notice{}, fmt.Errorf("action is %q, known are %q", document.Action, actions)
	case document.Time.IsZero():
		return Notice{}, fmt.Errorf("time is missing, of action %s", document.Action)
	}
	return Notice{Action: document.Action, At: document.Time}, nil
}

// Left is how long the instance has left, from now on by its own clock. That may be wrong; EC2's two minutes
// are not.
func (n Notice) Left(now time.Time) time.Duration {
	return min(max(n.At.Sub(now), 0), noticed)
}
