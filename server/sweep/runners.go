package sweep

import (
	"context"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// leftoverEvery is how often a repository's runners are listed in which nothing seems wrong.
const leftoverEvery = 10 * time.Minute

// runners compares the runners that GitHub lists with the record.
func (l *look) runners(ctx context.Context) error {
	l.registered = map[string]registered{}
	for _, watch := range l.snapshot.Sweeps.Watched {
		if !l.listable(watch) {
			continue
		}
		listed, asked, err := l.list(ctx, watch)
		if err != nil {
			return err
		}
		if !asked {
			l.blind = true
			continue
		}
		watch.RunnersAt = l.snapshot.Now.UTC()
		items := append(l.compare(watch.Scope, listed), l.snapshot.Sweeps.With(watch))
		if err := l.store(ctx, items...); err != nil {
			return err
		}
		if err := l.leftovers(ctx, watch.Scope, listed); err != nil {
			return err
		}
	}
	return nil
}

// listable says whether a repository's runners are worth a look: where there is an instance that
// nobody knows, where a runner has not moved on for a while, and now and then.
func (l *look) listable(watch runner.Watch) bool {
	switch why, _ := l.snapshot.Buckets.Stuck(l.Apps, watch.Scope.Repository.FullName); why.Kind {
	case runner.ReasonGitHubDown, runner.ReasonGitHubDenies:
		return l.isHome(watch.Scope.Repository) // whoever may list them may register them
	case runner.ReasonNotInstalled:
		return false
	default:
	}
	if l.isHome(watch.Scope.Repository) && (len(l.strangers) > 0 || l.snapshot.Now.Sub(watch.RunnersAt) >= max(leftoverEvery, l.Quiet)) {
		return true
	}
	for _, r := range l.snapshot.Runners {
		if r.Class.Scope.FullName == watch.Scope.Repository.FullName && r.Name != "" && !r.Ending() &&
			l.snapshot.Now.Sub(r.Stamps[r.State]) >= l.Every {
			return true
		}
	}
	return false
}

// isHome says whether runners are registered there now, and not only may have been before the stack used
// a runner group, or gave it up.
func (l *look) isHome(scope runner.Repository) bool {
	return scope.IsOrganisation() == (l.Group != "")
}

func (l *look) list(ctx context.Context, watch runner.Watch) (listed []runner.Registered, asked bool, err error) {
	app, points := l.readable(watch.Scope.Repository.FullName)
	if points == 0 {
		return nil, false, nil
	}
	if err := l.pay(ctx, app, watch.Scope.Repository.FullName, runner.LaneReads, 1); err != nil {
		return nil, false, err
	}
	listed, err = l.GitHub.Runners(ctx, app, watch.Scope)
	if err != nil {
		return nil, false, l.failed(ctx, "list the runners of "+watch.Scope.Repository.FullName, err)
	}
	return listed, true, l.answers(ctx, app, watch.Scope.Repository.FullName, runner.TroubleDenied)
}

// compare is what GitHub's list changes. A runner that should be listed, and is not, has had its job
// or its time. Which of the two is known once the jobs were read: until then it supplies one of them.
func (l *look) compare(scope runner.Scope, listed []runner.Registered) []runner.Item {
	here := l.here(scope, listed)
	var items []runner.Item
	for instance := range here {
		r, known := l.snapshot.Runners[instance]
		now := registration(r, l.registered[instance].Registered, l.snapshot.Now)
		if known && (now.State != r.State || now.GitHubID != r.GitHubID) {
			items = append(items, now)
		}
	}
	for id, r := range l.snapshot.Runners {
		if r.Class.Scope.FullName != scope.Repository.FullName || here[id] || !l.shouldBeListed(r) {
			continue
		}
		if r.Supplies() {
			if l.unreadIn(scope.Repository) {
				continue
			}
			items = append(items, r.Leave(runner.Unregistered(), l.snapshot.Now))
		} else if finished, err := r.To(runner.RunnerFinished, l.snapshot.Now, runner.Unregistered()); err == nil {
			items = append(items, finished)
		}
	}
	return items
}

// unreadIn says whether a job was not read that a runner of a scope may have had.
func (l *look) unreadIn(scope runner.Repository) bool {
	if !scope.IsOrganisation() {
		return l.unread[scope.FullName]
	}
	for repository := range l.unread {
		if owner, _, _ := strings.Cut(repository, "/"); strings.EqualFold(owner, scope.FullName) {
			return true
		}
	}
	return false
}

// here notes which instances have a registration. Of a try whose answer was lost there may be one
// more, or one too early: nothing ever runs under that name, so it says nothing.
func (l *look) here(scope runner.Scope, listed []runner.Registered) map[string]bool {
	here := map[string]bool{}
	for _, found := range listed {
		instance, ours := runner.InstanceOf(l.Stack, found.Name)
		r, known := l.snapshot.Runners[instance]
		if !ours || known && !found.Online && !goesBy(r, found.Name) {
			continue
		}
		here[instance] = true
		if !l.registered[instance].Online {
			l.registered[instance] = registered{found, scope}
		}
	}
	return here
}

// shouldBeListed: it has been registered for longer than the list may lag. One that launches has no
// registration yet, or none that it knows of.
func (l *look) shouldBeListed(r runner.Runner) bool {
	return r.Name != "" && r.State != runner.RunnerLaunching && !r.Ending() && r.Leaving == runner.NoReason() && l.snapshot.Now.Sub(r.Stamps[r.State]) >= l.Every
}

// registration is a runner as GitHub lists it. The one that is online is the one that it really is.
func registration(r runner.Runner, found runner.Registered, now time.Time) runner.Runner {
	if found.Online || r.GitHubID == 0 {
		r.Name, r.GitHubID = found.Name, found.ID
	}
	next := r.State
	switch {
	case found.Busy:
		next = runner.RunnerBusy
	case found.Online:
		next = runner.RunnerIdle
	case r.State == runner.RunnerLaunching:
		next = runner.RunnerBooting
	}
	if moved, err := r.To(next, now, runner.NoReason()); err == nil {
		return moved
	}
	return r
}

// goesBy says whether a runner has an assignment with a name.
func goesBy(r runner.Runner, name string) bool {
	return r.State != runner.RunnerLaunching && r.Name == name
}
