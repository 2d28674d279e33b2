// Package origin finds out where the code of queued jobs comes from, where that decides whether they
// get a runner: GitHub is asked once for each run of which the webhook does not tell.
package origin

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// GitHub tells where runs come from. Implemented by githubapp.Client.
type GitHub interface {
	// Origin is where the code of a run comes from. It costs a point. The error is [runner.ErrGone] if
	// there is no such run.
	Origin(ctx context.Context, app int64, scope runner.Scope, run int64) (runner.Origin, error)
}

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

const (
	points   = 1                // that it costs to ask for a run
	parallel = 32               // runs are asked for at a time
	timeout  = 10 * time.Second // of one call
	again    = 15 * time.Second // until GitHub is asked again that did not answer
	most     = 10_000           // runs that are remembered
)

// Stage asks.
type Stage struct {
	Trust  runner.Trust
	Apps   []int64
	GitHub GitHub
	Log    *slog.Logger

	known map[int64]runner.Origin // by run: where a run comes from never changes
}

// question is a run to ask for, as whom, and its jobs.
type question struct {
	account runner.Account
	jobs    []runner.Job
	origin  runner.Origin
	err     error
}

// Run asks for the runs of all queued jobs of which it is not known where they come from, as far as
// GitHub's budget goes, and refuses those that are not trusted. An error is the store's.
func (s *Stage) Run(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for !until.Over() {
		if err := store(ctx, s.recall(*snapshot, time.Now())...); err != nil {
			return err
		}
		questions, budgets := s.next(*snapshot)
		if len(questions) == 0 {
			return nil
		}
		if err := store(ctx, budgets); err != nil {
			return err
		}
		s.ask(ctx, questions)
		if err := store(ctx, s.settle(snapshot.Buckets, questions, time.Now())...); err != nil {
			return err
		}
	}
	return nil
}

// DueAt is when GitHub is asked about a job; zero is never.
func (s *Stage) DueAt(snapshot runner.Snapshot, job runner.Job) time.Time {
	if !s.open(job) {
		return time.Time{}
	}
	var at time.Time
	for _, app := range s.Apps {
		budget := snapshot.Buckets.Account(runner.AccountOf(app, job.Repository.FullName))
		at = runner.Earlier(at, budget.NextJIT(1, snapshot.Now))
	}
	if job.NextAt.After(at) {
		return job.NextAt
	}
	return at
}

// open says whether it is still to be found out where a job comes from.
func (s *Stage) open(job runner.Job) bool {
	if job.State != runner.JobQueued {
		return false
	}
	_, settled := s.Trust.Judge(&job)
	return !settled
}

// recall are the jobs of runs that GitHub was asked for before.
func (s *Stage) recall(snapshot runner.Snapshot, now time.Time) (items []runner.Item) {
	for _, job := range snapshot.Jobs {
		if !s.open(job) {
			continue
		}
		if origin, known := s.known[job.RunID]; known {
			items = append(items, s.told(job, question{origin: origin}, now))
		}
	}
	return items
}

func (s *Stage) remember(run int64, origin runner.Origin) {
	if s.known == nil || len(s.known) >= most {
		s.known = map[int64]runner.Origin{}
	}
	s.known[run] = origin
}

// next is what to ask now, oldest first, and the budgets once that is paid for: one question a run.
func (s *Stage) next(snapshot runner.Snapshot) (questions []*question, budgets runner.Budgets) {
	budgets = snapshot.Buckets
	byRun := map[int64]*question{}
	for _, job := range s.due(snapshot) {
		if asked := byRun[job.RunID]; asked != nil {
			asked.jobs = append(asked.jobs, job)
			continue
		}
		account, has := budgets.Richest(s.Apps, job.Repository.FullName, snapshot.Now)
		if len(questions) == parallel || has < runner.JITPoints {
			continue
		}
		budgets = budgets.Spend(account, runner.LaneJIT, points, snapshot.Now)
		byRun[job.RunID] = &question{account: account, jobs: []runner.Job{job}}
		questions = append(questions, byRun[job.RunID])
	}
	return questions, budgets
}

// due are the jobs of which to find out now where they come from, oldest first.
func (s *Stage) due(snapshot runner.Snapshot) []runner.Job {
	var due []runner.Job
	for _, job := range snapshot.Jobs {
		if s.open(job) && !job.NextAt.After(snapshot.Now) {
			due = append(due, job)
		}
	}
	slices.SortFunc(due, func(a, b runner.Job) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return due
}

func (s *Stage) ask(ctx context.Context, questions []*question) {
	var group sync.WaitGroup
	for _, q := range questions {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			job := q.jobs[0]
			scope := runner.Scope{Installation: job.Class.Installation, Repository: job.Repository}
			q.origin, q.err = s.GitHub.Origin(ctx, q.account.App, scope, job.RunID)
		})
	}
	group.Wait()
}
