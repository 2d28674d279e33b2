package origin

import (
	"errors"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// settle is what the answers mean.
func (s *Stage) settle(budgets runner.Budgets, questions []*question, now time.Time) []runner.Item {
	var items []runner.Item
	for _, q := range questions {
		var limit *runner.LimitError
		switch {
		case errors.As(q.err, &limit):
			budgets = budgets.Close(q.account, limit.Until)
		case errors.Is(q.err, runner.ErrNotInstalled):
			budgets = budgets.Absent(q.account.App, q.jobs[0].Repository.FullName)
		}
		if q.err == nil {
			s.remember(q.jobs[0].RunID, q.origin)
		} else {
			s.Log.Warn("GitHub did not say where a run comes from", "run_id", q.jobs[0].RunID, "repository", q.jobs[0].Repository.FullName, "error", q.err)
		}
		for _, job := range q.jobs {
			items = append(items, s.told(job, *q, now))
		}
	}
	return append(items, budgets)
}

// told is a job once GitHub has answered.
func (s *Stage) told(job runner.Job, q question, now time.Time) runner.Job {
	var refused runner.Reason
	switch {
	case errors.Is(q.err, runner.ErrGone) && !errors.Is(q.err, runner.ErrNotInstalled):
		refused = runner.Gone()
	case q.err != nil:
		job.NextAt = now.Add(again).UTC()
		return job
	default:
		job.Origin = q.origin
		refused, _ = s.Trust.Judge(&job)
	}
	if refused == runner.NoReason() {
		return job
	}
	gone, err := job.To(runner.JobRefused, now, refused)
	if err != nil {
		panic(err) // a queued job may be refused
	}
	return gone
}
