package sweep_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var (
	owner   = runner.Scope{Installation: 42, Repository: runner.Organisation("o")}
	grouped = runner.Class{Installation: 42, Scope: owner.Repository, Group: "builders", Labels: []string{"mayfly"}}
)

func newGroupedWorld(items ...runner.Item) *world {
	w := newWorld(items...)
	w.group = "builders"
	return w
}

func TestJobsAreReadInTheRepositoriesAndRunnersInTheirOrganisation(t *testing.T) {
	w := newGroupedWorld()
	w.sweep(t)
	want := []string{"describe", "repositories of 1", "unfinished of o/r since ", "runners of o"}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// A stack that begins to use a runner group still has runners of before.
func TestRunnersOfBeforeTheGroupAreListedWhereTheyAre(t *testing.T) {
	w := newGroupedWorld(row(runner.RunnerIdle, time.Minute))
	w.seen = []runner.Seen{seen("running", time.Minute)}
	w.sweep(t)
	if !slices.Contains(w.asked, "runners") || !slices.Contains(w.asked, "runners of o") {
		t.Errorf("asked %q, want the runners of both", w.asked)
	}
}

// Who may list a repository's runners may not for that register any in the organisation.
func TestOnlyTheOrganisationEndsADenialOfItsRunners(t *testing.T) {
	account := runner.Account{App: 1, Owner: "o"}
	for _, failure := range []error{runner.ErrDenied, nil} {
		w := newGroupedWorld(row(runner.RunnerIdle, time.Minute), runner.NewBudgets().Denied(account))
		w.seen = []runner.Seen{seen("running", time.Minute)}
		w.snapshot.Sweeps = w.snapshot.Sweeps.Watching(scope, owner)
		w.err = map[string]error{"runners of o": failure}
		w.sweep(t)
		if got, want := w.snapshot.Buckets.Account(account).Trouble == runner.NoTrouble, failure == nil; got != want {
			t.Errorf("listed in the organisation: %t; the denial is over: %t", want, got)
		}
	}
}

func TestAnUnknownInstanceIsAdoptedIntoItsGroup(t *testing.T) {
	w := newGroupedWorld()
	w.seen = []runner.Seen{seen("running", time.Minute)}
	w.registered = []runner.Registered{{ID: 7, Name: name, Labels: []string{"Mayfly"}, Online: true}}
	w.sweep(t)
	if got := w.snapshot.Runners[host]; got.Class.Key() != grouped.Key() || got.State != runner.RunnerIdle {
		t.Errorf("adopted as %+v, want it idle and of the class %s", got, grouped.Key())
	}
}

// As long as some job of the organisation could not be read, it may be that which the runner had.
func TestARunnerThatIsNotListedStaysWhileJobsOfItsOrganisationAreUnread(t *testing.T) {
	for _, failure := range []error{nil, errors.New("502")} {
		r := row(runner.RunnerIdle, 2*time.Minute)
		r.Class = grouped
		job := runner.Job{
			ID: 8, RunID: 9, Repository: scope.Repository, Class: grouped, State: runner.JobQueued,
			Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: noon.Add(-2 * time.Minute)},
		}
		w := newGroupedWorld(r, job)
		w.seen, w.unread = []runner.Seen{seen("running", 2*time.Minute)}, nil
		w.job = map[int64]runner.JobEvent{8: {Action: "queued", ID: 8}}
		w.err = map[string]error{"job": failure}
		w.sweep(t)
		leaves := w.snapshot.Runners[host].Leaving != runner.NoReason()
		if leaves != (failure == nil) {
			t.Errorf("the job could be read: %t; the runner leaves: %t", failure == nil, leaves)
		}
	}
}
