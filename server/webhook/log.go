package webhook

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// answer ends a request: the status, a word for the log, and what went wrong, if it is known.
type answer struct {
	status  int
	outcome string
	err     error
}

// story is what a request's log line tells.
type story struct {
	head head
	job  runner.JobEvent
}

// log writes a request's one line: an error if it is ours to mend, a warning if it is the sender's.
func (h *Handler) log(ctx context.Context, told story, ended answer) {
	level := slog.LevelInfo
	switch {
	case ended.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case ended.status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	line := []slog.Attr{
		slog.String("delivery_id", told.head.delivery), slog.String("event", told.head.event),
		slog.String("action", told.job.Action), slog.String("repository", told.job.Repository.FullName),
		slog.Int64("job_id", told.job.ID), slog.String("outcome", ended.outcome), slog.Int("status", ended.status),
	}
	if ended.err != nil {
		line = append(line, slog.String("error", ended.err.Error()))
	}
	h.config.Log.LogAttrs(ctx, level, "webhook", line...)
}
