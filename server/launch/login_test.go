package launch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var open = runner.Class{Installation: 42, Scope: runner.Repository{ID: 1, FullName: "o/r"}, Labels: []string{"mayfly/ssh=true"}}

func of(c runner.Class) runner.Runner {
	return runner.NewRunner("l1", runner.Slot{Class: c}, runner.Instance{ID: host}, time.Now())
}

func (w *world) assign(t *testing.T) {
	t.Helper()
	if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
}

func TestAnAssignmentLetsInWhereTheClassDoesAndNowhereElse(t *testing.T) {
	for want, test := range map[string]struct {
		runner runner.Runner
		keys   []string
	}{
		"the stack prod, for the label ssh=true": {of(open), []string{"ssh-ed25519 AAAA alice"}},
		"":                                       {of(class), nil},
	} {
		w := newWorld(test.runner)
		w.assign(t)
		if got := w.assigned[0]; got.SSHBy != want || !cmp.Equal(got.SSHKeys, test.keys) {
			t.Errorf("%v: got keys %q by %q, want %q by %q", test.runner.Class.Labels, got.SSHKeys, got.SSHBy, test.keys, want)
		}
		if got := w.snapshot.Runners[host]; got.SSH != (want != "") || got.State != runner.RunnerBooting {
			t.Errorf("%v: its runner is %s, kept as one that lets in: %v, want %v", test.runner.Class.Labels, got.State, got.SSH, want != "")
		}
	}
}

// What is stored is told to the audit.
func TestThatAnInstanceLetsInIsStoredBeforeItDoes(t *testing.T) {
	w := newWorld(of(open))
	w.assign(t)
	w.check(t, "store "+host+" launching suffix 1", "store budgets", "jit "+runner.Name("prod", host, 1),
		"put runners/AROA1:"+host+"/assignment.json", "store "+host+" booting suffix 1")

	w = newWorld(of(open))
	broken := errors.New("the record is gone")
	err := w.stage.Assign(t.Context(), &w.snapshot, func(context.Context, ...runner.Item) error { return broken }, runner.Until{Deadline: time.Now().Add(time.Minute)})
	if !errors.Is(err, broken) || len(w.assigned) != 0 {
		t.Errorf("got %v and %d assignments, want the store's error and none", err, len(w.assigned))
	}
}

// The settings may have changed since the last try.
func TestWhatIsAllowedNoMoreIsTakenBack(t *testing.T) {
	marked := of(open)
	marked.SSH = true
	w := newWorld(marked)
	w.stage.Logins = func([]string) bool { return false }
	w.assign(t)
	if got := w.assigned[0]; len(got.SSHKeys) != 0 || w.snapshot.Runners[host].SSH {
		t.Errorf("got keys %q, and a runner kept as one that lets in: %v, want neither", got.SSHKeys, w.snapshot.Runners[host].SSH)
	}
}

func TestAnAssignmentSaysWhoseJobItIs(t *testing.T) {
	grouped := runner.Class{Installation: 42, Scope: runner.Organisation("Octo"), Group: "builders", Labels: []string{"mayfly"}}
	for want, c := range map[string]runner.Class{"o": class, "octo": grouped} {
		w := newWorld(of(c))
		w.assign(t)
		if got := w.assigned[0].Organisation; got != want {
			t.Errorf("%s: got %q, want %q", c.Scope.FullName, got, want)
		}
	}
}
