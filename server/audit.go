package server

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// AuditEvent is what a line of the audit tells. docs/audit.md describes the lines.
type AuditEvent string

// The events of the audit.
const (
	AuditLaunch     AuditEvent = "launch"     // a launch is made for a job
	AuditLaunched   AuditEvent = "launched"   // EC2 gave an instance, or one was found
	AuditLogin      AuditEvent = "login"      // an instance is to let people in
	AuditRefused    AuditEvent = "refused"    // a job gets no runner
	AuditExpired    AuditEvent = "expired"    // a job waited for so long that GitHub has failed it
	AuditWait       AuditEvent = "wait"       // a limit of the stack's makes a job wait
	AuditCancel     AuditEvent = "cancel"     // a run is to be cancelled, for a job of it gets no runner
	AuditRerun      AuditEvent = "rerun"      // GitHub is asked to run an interrupted job again
	AuditRetire     AuditEvent = "retire"     // a runner is to go
	AuditTerminate  AuditEvent = "terminate"  // EC2 is told to end an instance
	AuditTerminated AuditEvent = "terminated" // an instance is gone
)

// AuditEvents are all there are.
var AuditEvents = []AuditEvent{
	AuditLaunch, AuditLaunched, AuditLogin, AuditRefused, AuditExpired, AuditWait, AuditCancel, AuditRerun, AuditRetire, AuditTerminate, AuditTerminated,
}

// limits are the reasons that are the operator's, and not EC2's, GitHub's or time's.
var limits = map[runner.ReasonKind]bool{
	runner.ReasonMaxRunners: true, runner.ReasonShare: true, runner.ReasonMaxMinutes: true, runner.ReasonLaunchRate: true,
}

// audit tells of what is about to be stored: so whatever is stored and done was told of, at least
// once, wherever a crash may come.
func (p *pass) audit(ctx context.Context, items []runner.Item) {
	to := auditor{pass: p, known: map[string]runner.Item{}, latest: map[string]runner.Item{}}
	for _, item := range latest(items) {
		to.latest[item.Key()] = item
	}
	for _, item := range items {
		switch item := item.(type) {
		case runner.Job:
			to.job(ctx, item)
		case runner.Runner:
			to.runner(ctx, item)
		case runner.Launch:
			to.launch(ctx, item)
		case runner.Cancellation:
			to.cancellation(ctx, item)
		case runner.Rerun:
			to.rerun(ctx, item)
		}
		to.known[item.Key()] = item
	}
}

// auditor finds, item by item, what has changed.
type auditor struct {
	*pass
	known  map[string]runner.Item // what came before, by key
	latest map[string]runner.Item // what comes last
}

// before is a thing as it was.
func before[T runner.Item](a auditor, key string) (was T, known bool) {
	item, known := a.known[key]
	if !known {
		item, known = a.snapshot.Get(key)
	}
	was, is := item.(T)
	return was, known && is
}

func (a auditor) job(ctx context.Context, job runner.Job) {
	was, _ := before[runner.Job](a, job.Key())
	switch {
	case job.State == runner.JobRefused && was.State != job.State:
		a.tell(ctx, AuditRefused, job.Key(), job.Reason, auditJob(job)...)
	case job.State == runner.JobExpired && was.State != job.State:
		a.tell(ctx, AuditExpired, job.Key(), job.Reason, auditJob(job)...)
	case job.State == runner.JobQueued && job.Reason != was.Reason && limits[job.Reason.Kind]:
		a.tell(ctx, AuditWait, job.Key(), job.Reason, auditJob(job)...)
	}
}

func (a auditor) runner(ctx context.Context, r runner.Runner) {
	was, known := before[runner.Runner](a, r.Key())
	if r.SSH && !was.SSH {
		a.tell(ctx, AuditLogin, r.Key(), r.Reason, append(auditRunner(r), slog.Any("ssh_keys", fingerprints(a.config.SSHKeys)))...)
	}
	switch {
	case !known && r.Live():
		a.tell(ctx, AuditLaunched, r.Key(), r.Reason, auditRunner(r)...)
	case known && !r.Live() && was.Live():
		a.tell(ctx, AuditTerminated, r.Key(), r.Reason, auditRunner(r)...)
	case r.Ending() && r.Calls == 1 && was.Calls == 0:
		a.tell(ctx, AuditTerminate, r.Key(), r.Reason, auditRunner(r)...)
	case r.Leaving != was.Leaving && r.Leaving != runner.NoReason():
		a.tell(ctx, AuditRetire, r.Key(), r.Leaving, auditRunner(r)...)
	}
}

// launch: the jobs that it is made for are stored with it.
func (a auditor) launch(ctx context.Context, launch runner.Launch) {
	if _, known := before[runner.Launch](a, launch.Key()); known || !launch.Live() {
		return
	}
	for _, slot := range launch.Slots {
		job, is := a.latest[runner.JobKey(slot.Job)].(runner.Job)
		if !is {
			job = a.snapshot.Jobs[slot.Job]
		}
		about := append(auditJob(job), slog.String("launch", launch.ID), slog.Int("attempt", job.Attempts))
		a.tell(ctx, AuditLaunch, fmt.Sprintf("%s/%s", launch.Key(), job.Key()), job.Reason, about...)
	}
}

func (a auditor) cancellation(ctx context.Context, c runner.Cancellation) {
	was := a.snapshot.Cancellations[c.Run]
	if earlier, is := a.known[c.Key()].(runner.Cancellation); is {
		was = earlier
	}
	for _, id := range c.Jobs[min(len(was.Jobs), len(c.Jobs)):] {
		job, _ := before[runner.Job](a, runner.JobKey(id))
		a.tell(ctx, AuditCancel, fmt.Sprintf("%s/%s", c.Key(), runner.JobKey(id)), job.Reason, auditJob(job)...)
	}
}

// rerun: the jobs are stored with the intent to run them again.
func (a auditor) rerun(ctx context.Context, r runner.Rerun) {
	if was, _ := before[runner.Rerun](a, r.Key()); was.Asked || !r.Asked {
		return
	}
	for _, interrupted := range r.Jobs {
		job, _ := a.latest[runner.JobKey(interrupted.ID)].(runner.Job)
		a.tell(ctx, AuditRerun, fmt.Sprintf("%s/%s", r.Key(), job.Key()), job.Reason, auditJob(job)...)
	}
}
