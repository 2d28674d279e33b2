package demo

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// fact is one record of the server's log.
type fact struct {
	message string
	level   slog.Level
	attrs   []slog.Attr
}

// faultMessage is what GitHub and AWS log when a fault fires.
const faultMessage = "fault"

// get is an attribute's value, or nothing.
func (f fact) get(key string) string {
	for _, attr := range f.attrs {
		if attr.Key == key {
			return attr.Value.String()
		}
	}
	return ""
}

// tell says who it is about and what happened, in words for somebody who sees it for the first
// time; nothing, if it is not for them. Names are those of jobs, by id.
func (f fact) tell(names map[string]string) (who, what string) {
	kind, _, _ := strings.Cut(f.message, " ")
	switch {
	case f.message == faultMessage:
		return faultMessage, cmp.Or(f.get("fault"), f.get("kind"))
	case f.level > slog.LevelInfo:
		return strings.ToLower(f.level.String()), f.all()
	case f.message == "launch decided":
		return "launch " + f.get("launch"), fmt.Sprintf("one call to EC2, for %s of %s", f.get("wanted"), f.get("shape"))
	case kind == "job" && f.get("state") == f.get("from"):
		return f.get("job"), f.get("reason")
	case kind == "job":
		return f.get("job"), f.job()
	case kind == "runner":
		return f.get("instance"), f.runner(names[f.get("job_id")])
	}
	return "", ""
}

func (f fact) job() string {
	instance, _ := runner.InstanceOf(stack, f.get("runner_name"))
	state := f.get("state")
	switch runner.JobState(state) {
	case runner.JobQueued:
		return because("queued for "+f.get("shape"), f.get("reason"))
	case runner.JobRunning:
		return "running on " + instance
	case runner.JobCompleted:
		return "completed: " + f.get("conclusion")
	default:
		return because(state, f.get("reason"))
	}
}

func (f fact) runner(job string) string {
	state := f.get("state")
	switch runner.RunnerState(state) {
	case runner.RunnerLaunching:
		return fmt.Sprintf("launching: %s in %s, %s", f.get("instance_type"), f.get("zone"), f.get("capacity_type"))
	case runner.RunnerBooting:
		return "booting: its assignment is in the bucket"
	case runner.RunnerIdle:
		return "idle: its runner listens for a job"
	case runner.RunnerBusy:
		return because("busy", job)
	case runner.RunnerFinished:
		return "finished: its one job has ended"
	case runner.RunnerTerminated:
		return "terminated"
	default:
		return because(state, f.get("reason"))
	}
}

// all is a warning with everything that it tells.
func (f fact) all() string {
	words := []string{f.message}
	for _, attr := range f.attrs {
		words = append(words, attr.String())
	}
	return strings.Join(words, " ")
}

func because(what, why string) string { return strings.TrimSuffix(what+": "+why, ": ") }
