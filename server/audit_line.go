package server

import (
	"context"
	"log/slog"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/sshkey"
)

// tell writes a line of the audit. What is told twice has the same audit_id twice.
func (p *pass) tell(ctx context.Context, event AuditEvent, thing string, why runner.Reason, about ...slog.Attr) {
	id := []string{thing, string(event)}
	if event == AuditWait || event == AuditRetire { // may happen to one thing for one reason, then for another
		id = append(id, string(why.Kind))
	}
	line := []slog.Attr{slog.String("event", string(event)), slog.String("audit_id", strings.Join(id, "/"))}
	line = append(line, about...)
	if why != runner.NoReason() {
		line = append(line, slog.String("reason_kind", string(why.Kind)), slog.String("reason", why.String()))
	}
	p.config.Audit.LogAttrs(ctx, slog.LevelInfo, "audit", line...)
}

func auditJob(job runner.Job) []slog.Attr {
	return []slog.Attr{
		slog.String("repository", job.Repository.FullName), slog.Int64("repository_id", job.Repository.ID),
		slog.Int64("job_id", job.ID), slog.Int64("run_id", job.RunID), slog.Int("run_attempt", job.RunAttempt),
		slog.String("shape", job.Shape.Name),
	}
}

// fingerprints tell whose keys they are, without the keys, which are long.
func fingerprints(keys []string) []string {
	all := make([]string, len(keys))
	for i, key := range keys {
		all[i] = sshkey.Fingerprint(key)
	}
	return all
}

// auditRunner leaves out the job where there is none yet, or GitHub has not said which.
func auditRunner(r runner.Runner) []slog.Attr {
	about := []slog.Attr{
		slog.String("repository", r.Class.Scope.FullName), slog.Int64("repository_id", r.Class.Scope.ID),
		slog.String("launch", r.Launch), slog.String("instance", r.Instance), slog.String("instance_type", r.Offering.Type),
		slog.String("zone", r.Offering.Zone), slog.String("capacity_type", string(r.Offering.Capacity)),
	}
	if r.Job != 0 {
		about = append(about, slog.Int64("job_id", r.Job), slog.Int64("run_id", r.Run))
	}
	if r.Name != "" {
		about = append(about, slog.String("runner_name", r.Name))
	}
	return about
}
