// Package sweep looks at the world, and repairs what was lost on the way: events that never came,
// instances and runners that nobody knows, jobs whose webhooks were not delivered.
//
// What it finds becomes facts, and goes the way that all facts go. It reads as much as GitHub's
// budget leaves to it, and only where something may be wrong.
package sweep

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Fleet is EC2, to look at. Implemented by instance.Fleet and localcloud.Cloud.
type Fleet interface {
	Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error)
}

// GitHub is GitHub, to look at. Implemented by githubapp.Client.
type GitHub interface {
	Job(ctx context.Context, app int64, scope runner.Scope, id int64) (runner.JobEvent, error)
	Unfinished(ctx context.Context, app int64, watch runner.Watch, most int) (runner.Reading, error)
	Runners(ctx context.Context, app int64, scope runner.Scope) ([]runner.Registered, error)
	Remove(ctx context.Context, app int64, scope runner.Scope, id int64) error
	Repositories(ctx context.Context, app int64) ([]runner.Scope, error)
	FailedDeliveries(ctx context.Context, app int64, since time.Time) ([]int64, error)
	Redeliver(ctx context.Context, app int64, id int64) error
	Remaining(app int64, owner string) (fraction float64, known bool)
}

// Intervals say how often what is looked at, and how long an oddity may last before it is believed.
// Whoever makes a server leaves a field zero for the default that its comment names.
type Intervals struct {
	Every        time.Duration // a sweep, and how old a job's state may be before it is read again; 1 min
	Quiet        time.Duration // the jobs of a repository in which nothing seems wrong, and failed deliveries; 5 min
	Repositories time.Duration // which repositories there are; 10 min
	Believe      time.Duration // until an instance that is not seen is gone, and an unknown one ended; 5 min
}

// Facts applies what was found, and stores it.
type Facts func(ctx context.Context, events ...runner.Event) error

// Store makes items durable.
type Store func(ctx context.Context, items ...runner.Item) error

// Stage sweeps.
type Stage struct {
	Intervals
	Stack  string
	Group  string // runner group of the owners; empty is each repository for itself
	Apps   []int64
	Fleet  Fleet
	GitHub GitHub
	Log    *slog.Logger
}

// DueAt is when the next sweep is.
func (s *Stage) DueAt(snapshot runner.Snapshot) time.Time {
	if snapshot.Sweeps.At.IsZero() {
		return snapshot.Now
	}
	return snapshot.Sweeps.At.Add(s.Every)
}

// Run sweeps, if it is time: EC2 first, then jobs, then the runners on GitHub, of which those are
// missing that had a job, then deliveries. What cannot be read now is read in the next sweep. An error
// is the store's.
func (s *Stage) Run(ctx context.Context, snapshot *runner.Snapshot, store Store, facts Facts, until runner.Until) error {
	if s.DueAt(*snapshot).After(snapshot.Now) || until.Over() {
		return nil
	}
	sweeps := snapshot.Sweeps.Watching(scopesOf(*snapshot)...)
	sweeps.At = snapshot.Now.UTC()
	if err := store(ctx, sweeps); err != nil {
		return err
	}
	// Whatever is asked ends with the pass; what was learnt until then is stored all the same.
	asking, cancel := until.Bound(ctx)
	defer cancel()
	look := &look{
		Stage: s, snapshot: snapshot, until: until, unread: map[string]bool{},
		store: func(_ context.Context, items ...runner.Item) error { return store(ctx, items...) },
		facts: func(_ context.Context, events ...runner.Event) error { return facts(ctx, events...) },
	}
	for _, part := range []func(context.Context) error{look.instances, look.repositories, look.jobs, look.runners, look.unknown, look.deliveries} {
		if err := part(asking); err != nil {
			return err
		}
	}
	return nil
}

// look is one sweep under way.
type look struct {
	*Stage
	snapshot *runner.Snapshot
	store    Store
	facts    Facts
	until    runner.Until

	seen       map[string]runner.Seen // every instance that EC2 shows, by id; nil if EC2 could not be asked
	strangers  []runner.Seen          // those of which the record has no row
	unread     map[string]bool        // repositories of which a job that should have been read was not
	registered map[string]registered  // runners of ours on GitHub, by instance
	blind      bool                   // some repository's runners could not be listed
}

type registered struct {
	runner.Registered
	scope runner.Scope
}

// scopesOf are the repositories of all that is unfinished.
func scopesOf(s runner.Snapshot) []runner.Scope {
	var scopes []runner.Scope
	for _, job := range s.Jobs {
		scopes = append(scopes, runner.Scope{Installation: job.Class.Installation, Repository: job.Repository})
	}
	for _, r := range s.Runners {
		if r.Class.Scope.FullName != "" { // an unknown instance that is to be ended has none
			scopes = append(scopes, runner.Scope{Installation: r.Class.Installation, Repository: r.Class.Scope})
		}
	}
	return scopes
}

// readable is the App to ask about a repository, and how many points that may cost.
func (l *look) readable(repository string) (app int64, points int) {
	account, points := l.snapshot.Buckets.Richest(l.Apps, repository, l.snapshot.Now)
	if points == 0 {
		return account.App, 0 // nor is there any App, perhaps
	}
	if fraction, known := l.GitHub.Remaining(account.App, account.Owner); known && fraction < lowest || l.until.Over() {
		return account.App, 0
	}
	return account.App, l.snapshot.Buckets.Account(account).Readable(l.snapshot.Now)
}

// pay stores what asking about a repository cost, as of now: asking takes time, and GitHub counts what
// was asked last for longest.
func (l *look) pay(ctx context.Context, app int64, repository string, lane runner.Lane, points int) error {
	if points == 0 {
		return nil
	}
	return l.store(ctx, l.snapshot.Buckets.Spend(runner.AccountOf(app, repository), lane, points, time.Now()))
}

// answers ends a trouble that an App had, which what it was told shows to be over.
func (l *look) answers(ctx context.Context, app int64, repository string, over runner.Trouble) error {
	account := runner.AccountOf(app, repository)
	if l.snapshot.Buckets.Account(account).Trouble != over {
		return nil
	}
	return l.store(ctx, l.snapshot.Buckets.Answered(account))
}

// lowest is the fraction of its hourly limit below which an App is kept for launching.
const lowest = 0.05

// failed logs what could not be read, and keeps to a limit that GitHub told. An error is the store's.
func (l *look) failed(ctx context.Context, what string, err error) error {
	l.Log.Warn("sweep could not "+what, "error", err)
	var limit *runner.LimitError
	if errors.As(err, &limit) {
		return l.store(ctx, l.snapshot.Buckets.Close(runner.Account{App: limit.App, Owner: limit.Owner}, limit.Until))
	}
	return nil
}
