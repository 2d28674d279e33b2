package metrics

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The phases, in order.
const (
	decided       = "decided"    // from hearing that a job is queued until its first launch was decided
	launchedPhase = "launched"   // until EC2 gave an instance
	assigned      = "booting"    // until the instance had its assignment
	agent         = "agent"      // from EC2 launching the instance until the agent ran on it
	listening     = "listening"  // until the runner listened
	started       = "started"    // until its job started
	terminated    = "terminated" // from the end of a runner's work until its instance was gone
)

var phases = []string{decided, launchedPhase, assigned, agent, listening, started, terminated}

// spans are the phases that an agent tells of, between two steps of its list, by the instance's clock.
var spans = []struct{ phase, from, to string }{
	{agent, runner.StepInstanceLaunched, runner.StepAgentStarted},
	{listening, runner.StepAgentStarted, runner.StepListening},
	{started, runner.StepListening, runner.StepJobStarted},
}

// longest is more than any such phase takes: whatever else is told is not believed, for a report comes
// from beside a customer's job.
const longest = 24 * time.Hour

// ofTimings are the phases that ended with the steps which were not told before.
func ofTimings(was, now []runner.Timing) (o []Observation) {
	for _, span := range spans {
		from, to := runner.TimeOf(span.from, now), runner.TimeOf(span.to, now)
		if !runner.TimeOf(span.to, was).IsZero() || to.Before(from) || to.Sub(from) > longest {
			continue
		}
		o = append(o, inPhase(span.phase, from, to)...)
	}
	return o
}

func inPhase(phase string, from, to time.Time) []Observation {
	return took(phaseDuration, from, to, phase)
}
