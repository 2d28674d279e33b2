package admin

import (
	"fmt"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// bar is a step of a waterfall, drawn: how its time lies in the whole, in thousandths.
type bar struct {
	Step
	From, Width float64
}

// bars are the steps drawn, each from the step before it; the first has none. What is too short to be
// seen is a hair wide.
func bars(steps []Step) []bar {
	if len(steps) == 0 {
		return nil
	}
	const whole, hair = 1000, 4
	began, ended := steps[0].At, steps[len(steps)-1].At
	scale := whole / max(1, float64(ended.Sub(began)))
	drawn := make([]bar, len(steps))
	for i, step := range steps {
		if i == 0 {
			drawn[i] = bar{Step: step}
			continue
		}
		width := max(hair, float64(step.Took)*scale)
		from := min(whole-width, float64(step.At.Add(-step.Took).Sub(began))*scale)
		drawn[i] = bar{Step: step, From: from, Width: width}
	}
	return drawn
}

// seconds is a duration as people say it.
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
}

// clock is a moment of today, UTC.
func clock(at time.Time) string { return at.UTC().Format("15:04:05.000") }

// tone is how a job looks: as one that waits, one that is at work, a good end, a bad end, or neither.
func tone(j Job) string {
	switch {
	case j.State == runner.JobRunning:
		return "busy"
	case j.State == runner.JobWaiting, j.State == runner.JobQueued:
		return "wait"
	case j.Conclusion == "success":
		return "good"
	case j.Conclusion == "skipped", j.Conclusion == "cancelled", j.Conclusion == "neutral":
		return "none"
	}
	return "bad"
}

// dot is how a runner looks.
func dot(state runner.RunnerState) string {
	switch state {
	case runner.RunnerLaunching, runner.RunnerBooting:
		return "wait"
	case runner.RunnerIdle, runner.RunnerBusy:
		return "busy"
	case runner.RunnerFailed, runner.RunnerInterrupted:
		return "bad"
	default:
		return "none"
	}
}
