package run

import (
	"slices"
	"strings"
	"time"
)

// State is how far a runner has come, as its output tells it.
type State int

// The states, in order. A runner never goes back: it has one job.
const (
	Starting State = iota
	Listening
	JobStarted
	JobDone
)

// stateOf reads a line of GitHub's runner, such as "2026-01-02 15:04:05Z: Listening for Jobs". A
// job's name is in some of them, and anybody may choose it: only how a line begins is believed.
// Source: github.com/actions/runner, src/Runner.Listener/{Runner,JobDispatcher}.cs.
func stateOf(line string) State {
	const stamp = "2006-01-02 15:04:05Z"
	if len(line) < len(stamp) {
		return Starting
	}
	if _, err := time.Parse(stamp, line[:len(stamp)]); err != nil {
		return Starting
	}
	message := line[len(stamp):]
	switch {
	case strings.HasPrefix(message, ": Listening for Jobs"):
		return Listening
	case strings.HasPrefix(message, ": Running job: "):
		return JobStarted
	case strings.HasPrefix(message, ": Job ") && strings.Contains(message, " completed with result: "):
		return JobDone
	}
	return Starting
}

// results are how a job can end.
// Source: github.com/actions/runner, src/Sdk/DTWebApi/WebApi/TaskResult.cs.
var results = []string{"Succeeded", "SucceededWithIssues", "Failed", "Canceled", "Skipped", "Abandoned"}

// resultOf is the result at the end of a line that tells of a job's end; empty if it is none of GitHub's.
func resultOf(line string) string {
	line = strings.TrimSpace(line)
	result := line[strings.LastIndex(line, " ")+1:]
	if !slices.Contains(results, result) {
		return ""
	}
	return result
}

// complaintOf is what a line tells of an error of the runner's, as in "An error occurred: Not found". GitHub
// spells that in two ways. Source: github.com/actions/runner, src/Runner.Listener/Program.cs.
func complaintOf(line string) string {
	_, complaint, found := strings.Cut(line, "ed: ")
	if !found || !strings.HasPrefix(line, "An error occur") {
		return ""
	}
	return strings.TrimSpace(complaint)
}

// isUpdate says whether a line tells that the runner begins to update itself.
// Source: github.com/actions/runner, src/Runner.Listener/SelfUpdaterV2.cs.
func isUpdate(line string) bool {
	return strings.HasPrefix(line, "Runner update in progress, do not shutdown runner.")
}
