// Package group finds out whether the runner group takes the jobs of a repository, before anything is
// launched for them: GitHub lets those of others wait without a word, beside runners that idle.
package group

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// GitHub knows the runner groups. Implemented by githubapp.Client.
type GitHub interface {
	// Admits asks whether a runner group takes the jobs of a repository. It costs two points at most, with
	// up to 100 groups. The error is [runner.ErrNoGroup] or [runner.ErrBarred] if it does not.
	Admits(ctx context.Context, app int64, repository runner.Scope, group string, isPublic bool) error
}

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

const (
	points   = 2                // that it costs to ask, at most
	parallel = 32               // repositories are asked for at a time
	timeout  = 10 * time.Second // of one call
	good     = 10 * time.Minute // until GitHub is asked again that took a repository
	again    = time.Minute      // until it is asked again that did not, or did not answer
	most     = 10_000           // repositories that are remembered
)

// Stage asks.
type Stage struct {
	Apps   []int64
	GitHub GitHub
	Log    *slog.Logger

	askAt map[string]time.Time // by repository: when to ask next
}

// question is a repository to ask for, as whom, and the answer.
type question struct {
	account  runner.Account
	job      runner.Job // one of its jobs
	isPublic bool
	err      error
}

// Run asks for the repositories of all queued jobs whose runners are in a group, as far as GitHub's budget
// goes. A repository of which there is no answer is served as before. An error is the store's.
func (s *Stage) Run(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for !until.Over() {
		questions, budgets := s.next(*snapshot)
		if len(questions) == 0 {
			return nil
		}
		if err := store(ctx, budgets); err != nil {
			return err
		}
		s.ask(ctx, questions)
		if settled := s.settle(snapshot.Buckets, questions, time.Now()); len(settled) > 0 {
			if err := store(ctx, settled...); err != nil {
				return err
			}
		}
	}
	return nil
}

// next is whom to ask for now, and the budgets once that is paid for.
func (s *Stage) next(snapshot runner.Snapshot) (questions []*question, budgets runner.Budgets) {
	budgets = snapshot.Buckets
	due := s.due(snapshot)
	for _, repository := range slices.Sorted(maps.Keys(due)) {
		account, has := budgets.Richest(s.Apps, repository, snapshot.Now)
		if len(questions) == parallel || has < runner.JITPoints {
			continue
		}
		budgets = budgets.Spend(account, runner.LaneJIT, points, snapshot.Now)
		due[repository].account = account
		questions = append(questions, due[repository])
	}
	return questions, budgets
}

// due are the repositories to ask for.
func (s *Stage) due(snapshot runner.Snapshot) map[string]*question {
	due := map[string]*question{}
	for _, job := range snapshot.Jobs {
		name := job.Repository.FullName
		if job.State != runner.JobQueued || job.Class.Group == "" || s.askAt[name].After(snapshot.Now) {
			continue
		}
		if due[name] == nil {
			due[name] = &question{job: job}
		}
		due[name].isPublic = due[name].isPublic || job.Origin.Public == runner.Yes
	}
	return due
}

func (s *Stage) ask(ctx context.Context, questions []*question) {
	var group sync.WaitGroup
	for _, q := range questions {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			scope := runner.Scope{Installation: q.job.Class.Installation, Repository: q.job.Repository}
			q.err = s.GitHub.Admits(ctx, q.account.App, scope, q.job.Class.Group, q.isPublic)
		})
	}
	group.Wait()
}

// settle is what the answers change of the budgets; nothing if they say what was known.
func (s *Stage) settle(budgets runner.Budgets, questions []*question, now time.Time) []runner.Item {
	changed := false
	for _, q := range questions {
		class, name := q.job.Class, q.job.Repository.FullName
		before := budgets.Against(class, name)
		var limit *runner.LimitError
		switch {
		case q.err == nil:
			budgets = budgets.Admit(class, name)
		case errors.Is(q.err, runner.ErrNoGroup):
			budgets = budgets.MissGroup(class)
		case errors.Is(q.err, runner.ErrBarred):
			budgets = budgets.Bar(class, name)
		case errors.Is(q.err, runner.ErrNotInstalled):
			budgets, changed = budgets.Absent(q.account.App, class.Scope.FullName), true
		case errors.Is(q.err, runner.ErrDenied): // who may not look at the group may not register runners in it
			budgets, changed = budgets.Denied(q.account), true
		case errors.As(q.err, &limit):
			budgets, changed = budgets.Close(q.account, limit.Until), true
		default:
			s.Log.Warn("not known whether the runner group takes it", "repository", name, "error", q.err)
		}
		changed = changed || budgets.Against(class, name) != before
		s.remember(name, q.err, now)
	}
	if !changed {
		return nil
	}
	return []runner.Item{budgets}
}

func (s *Stage) remember(repository string, err error, now time.Time) {
	if s.askAt == nil || len(s.askAt) >= most {
		s.askAt = map[string]time.Time{}
	}
	s.askAt[repository] = now.Add(again)
	if err == nil {
		s.askAt[repository] = now.Add(good)
	}
}
