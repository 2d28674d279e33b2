package lifecycle

import (
	"strings"
	"time"
	"unicode"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// What is kept of a report. It came from beside a customer's job: anything may be in it.
const (
	maxTimings = 32
	maxProblem = 200 // bytes
)

// Report applies what an agent told. It is a hint: it moves its own runner forward, and nothing else.
func Report(known runner.Runner, report assignment.Report, at time.Time) []runner.Item {
	if known.Instance == "" {
		return nil
	}
	known.Timings = report.Timings[:min(len(report.Timings), maxTimings)]
	next, why := runner.RunnerIdle, runner.NoReason()
	switch report.Kind {
	case assignment.Listening:
	case assignment.Started:
		if busy, err := known.Take(at); err == nil {
			return []runner.Item{busy}
		}
		return []runner.Item{known}
	case assignment.Interrupted:
		if items := interrupted(known, at); items != nil {
			return items
		}
		return []runner.Item{known}
	case assignment.Exited:
		next, why = exited(known, report)
	}
	if moved, err := known.To(next, at, why); err == nil {
		return []runner.Item{moved}
	}
	return []runner.Item{known}
}

// exited is what the end of a runner means.
func exited(known runner.Runner, report assignment.Report) (next runner.RunnerState, why runner.Reason) {
	switch {
	case report.TookJob:
		return runner.RunnerFinished, runner.JobEnded(known.Job)
	case known.Interrupted():
		return runner.RunnerFailed, runner.Interrupted()
	}
	return runner.RunnerFailed, runner.ExitedEarly(report.ExitCode, printable(report.Problem))
}

func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), maxProblem)], "")
}
