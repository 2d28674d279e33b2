package server

import (
	"log/slog"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// logTransition writes one line for each change of state and for each new reason, so that what the
// log has of a job_id is the job's biography.
func (p *pass) logTransition(item runner.Item) {
	log := p.config.Log
	switch item := item.(type) {
	case runner.Job:
		before := p.snapshot.Jobs[item.ID]
		switch {
		case before.State != item.State:
			log.Info("job "+string(item.State), jobAttrs(item, before.State)...)
		case before.Reason != item.Reason && !item.Live():
			log.Info("job told", jobAttrs(item, before.State)...)
		case before.Reason != item.Reason:
			log.Info("job waits", jobAttrs(item, before.State)...)
		}
	case runner.Runner:
		before, known := p.snapshot.Runners[item.Instance]
		if !known && !item.Live() {
			return // a late report of an instance that was gone already
		}
		if before.State != item.State {
			log.Info("runner "+string(item.State), runnerAttrs(item, before.State)...)
		}
	case runner.Launch:
		if _, known := p.snapshot.Launches[item.ID]; !known && item.Live() {
			log.Info("launch decided", "launch", item.ID, "shape", item.Request.Shape.Name, "wanted", item.Request.Count)
		}
	}
}

func jobAttrs(job runner.Job, from runner.JobState) []any {
	attrs := []any{
		"job_id", job.ID, "job", job.Name, "repository", job.Repository.FullName, "shape", job.Shape.Name,
		"state", job.State, "from", from,
	}
	return append(attrs, optional(
		slog.String("reason", job.Reason.String()), slog.String("runner_name", job.Runner), slog.String("conclusion", job.Conclusion),
	)...)
}

func runnerAttrs(r runner.Runner, from runner.RunnerState) []any {
	attrs := []any{
		"instance", r.Instance, "launch", r.Launch, "instance_type", r.Offering.Type, "zone", r.Offering.Zone,
		"capacity_type", r.Offering.Capacity, "state", r.State, "from", from,
	}
	return append(attrs, optional(
		slog.String("reason", r.Reason.String()), slog.String("runner_name", r.Name), slog.Int64("job_id", r.Job),
	)...)
}

// optional leaves out what there is nothing to say of.
func optional(attrs ...slog.Attr) []any {
	var said []any
	for _, attr := range attrs {
		if value := attr.Value.String(); value != "" && value != "0" {
			said = append(said, attr)
		}
	}
	return said
}
