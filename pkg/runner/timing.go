package runner

import "time"

// Timing is one step of a boot, as the agent saw it by the instance's clock.
type Timing struct {
	Step string    `json:"step"` // one of those below
	At   time.Time `json:"at"`
}

// The steps of an instance's life, in order. The agent reports them under these names, the server and
// the job's own log show them.
const (
	StepInstanceLaunched  = "instance launched" // EC2's pendingTime, in whole seconds
	StepKernelStarted     = "kernel started"
	StepUserspaceStarted  = "userspace started" // systemd, that is
	StepAgentStarted      = "agent started"
	StepAssignmentRead    = "assignment read"
	StepAssignmentDeleted = "assignment deleted"
	StepRunnerInstalled   = "runner installed" // only where the image has none
	StepRunnerStarted     = "runner started"
	StepListening         = "listening"
	StepJobStarted        = "job started"
	StepJobDone           = "job done"
)

// TimeOf is when a step was; zero if it was not.
func TimeOf(step string, timings []Timing) time.Time {
	for _, t := range timings {
		if t.Step == step {
			return t.At
		}
	}
	return time.Time{}
}
