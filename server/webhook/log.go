package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// story is what a request's log line tells.
type story struct {
	began time.Time
	head  head
	job   runner.JobEvent
}

// log writes a request's one line: an error if it is ours to mend, a warning if it is the sender's.
// Until a request is known to be GitHub's, nothing of its body is told.
func (h *Handler) log(ctx context.Context, told story, ended answer) {
	status, level := Outcomes[ended.outcome], slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	line := []slog.Attr{
		slog.String("delivery_id", told.head.delivery), slog.String("event", told.head.event),
		slog.String("action", shown(told.job.Action)), slog.String("repository", shown(told.job.Repository.FullName)),
		slog.Int64("repository_id", told.job.Repository.ID), slog.Int64("job_id", told.job.ID),
		slog.String("outcome", string(ended.outcome)), slog.Int("status", status), slog.Duration("latency", time.Since(told.began)),
	}
	if ended.err != nil {
		line = append(line, slog.String("error", ended.err.Error()))
	}
	h.config.Log.LogAttrs(ctx, level, "webhook", line...)
}
