package launch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/launch"
)

var account = runner.Account{App: 1, Owner: "o"}

const host = "i-0123456789abcdef0"

// world is everything that a launch stage touches; it writes down what happened, in order.
type world struct {
	stage    *launch.Stage
	snapshot runner.Snapshot

	mu       sync.Mutex
	story    []string
	assigned []assignment.Assignment
	jit      func(name string) error
	put      func(key string) error
	fleet    func() error
	made     []runner.Seen // what an earlier call of the launch made
	replayed bool          // EC2 knows the client token
}

func newWorld(items ...runner.Item) *world {
	w := &world{snapshot: runner.NewSnapshot(items...)}
	w.snapshot.Now = time.Now()
	w.stage = &launch.Stage{
		Config: launch.Config{
			Stack: "prod", Apps: []int64{1}, RoleID: "AROA1", MaxRuntime: time.Hour, MaxIdle: time.Minute,
			NoCapacity: runner.NoCapacityMemory, Shown: 3 * time.Minute, LongestWait: time.Minute,
			Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler),
			SSHKeys: []string{"ssh-ed25519 AAAA alice"}, Logins: func(labels []string) bool { return slices.Contains(labels, "mayfly/ssh=true") },
		},
		Fleet: w, GitHub: w, Objects: w,
	}
	return w
}

func (w *world) happened(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

func (w *world) store(_ context.Context, items ...runner.Item) error {
	for _, item := range items {
		switch item := item.(type) {
		case runner.Runner:
			w.happened("store %s %s suffix %d", item.Instance, item.State, item.Suffix)
		case runner.Launch:
			w.happened("store %s %s calls %d", item.ID, item.State, item.Calls)
		case runner.Budgets:
			w.happened("store budgets")
		}
	}
	w.snapshot.Put(items...)
	w.snapshot.Now = time.Now()
	return nil
}

func (w *world) Launch(_ context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	w.happened("launch %d with token %s", request.Count, request.ClientToken[:6])
	if w.fleet != nil {
		if err := w.fleet(); err != nil {
			return runner.LaunchResult{}, err
		}
	}
	if w.replayed {
		return runner.LaunchResult{Fleet: "fleet-1"}, nil
	}
	return runner.LaunchResult{Instances: []runner.Instance{{ID: "i-1"}, {ID: "i-2"}}}, nil
}

func (w *world) Apps() []int64 { return []int64{1} }

func (w *world) Describe(_ context.Context, query runner.Query) ([]runner.Seen, error) {
	w.happened("describe %s", query.Launch)
	return w.made, nil
}

func (w *world) JITConfig(_ context.Context, _ int64, _ runner.Class, name string) (int64, secret.Text, error) {
	w.happened("jit %s", name)
	if w.jit != nil {
		if err := w.jit(name); err != nil {
			return 0, secret.Text{}, err
		}
	}
	return 77, secret.New("jit of " + name), nil
}

func (w *world) Put(_ context.Context, key string, body []byte) error {
	w.happened("put %s", key)
	if w.put != nil {
		if err := w.put(key); err != nil {
			return err
		}
	}
	instance := strings.TrimSuffix(strings.TrimPrefix(key, "runners/AROA1:"), "/assignment.json")
	a, err := assignment.Decode(body, instance)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.assigned = append(w.assigned, a)
	return err
}

func (w *world) check(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.story); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
	w.story = nil
}

func waiting(instance string, since time.Time) runner.Runner {
	return runner.NewRunner("l1", runner.Slot{Class: class}, runner.Instance{ID: instance}, since)
}

func TestACallIsStoredBeforeItIsMadeAndRepeatedToTheLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		planned, open := planned(t)
		open.DecidedAt = time.Now()
		w := newWorld(open, planned.Jobs[1], planned.Jobs[2])
		w.fleet = func() error { return errors.New("no answer") }
		token := open.Request.ClientToken[:6]
		for calls := range 3 {
			if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
			w.check(t,
				fmt.Sprintf("store l1 open calls %d", calls+1), "launch 2 with token "+token,
				fmt.Sprintf("store l1 open calls %d", calls+1),
			)
			wait := time.Until(w.snapshot.Launches["l1"].NextAt)
			if least, most := time.Second<<calls*8/10, time.Second<<calls*12/10; wait < least || wait > most {
				t.Errorf("after call %d it waits %v, want %v to %v", calls+1, wait, least, most)
			}
			if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
			w.check(t) // not due yet
			time.Sleep(wait)
			w.snapshot.Now = time.Now()
		}
		w.fleet = nil
		if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		w.check(t, "store l1 open calls 4", "launch 2 with token "+token, "describe l1",
			"store i-1 launching suffix 1", "store i-2 launching suffix 1", "store budgets", "store l1 closed calls 4")
	})
}

func TestLaunchesOfDifferentShapesAreCalledSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, one := planned(t)
		one.DecidedAt = time.Now()
		other := one
		other.ID = "l2"
		w := newWorld(one, other)
		w.fleet = func() error { time.Sleep(2 * time.Second); return nil }
		began := time.Now()
		if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: began.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("two calls of 2 s took %v, want 2 s", took)
		}
		if got := w.story[:2]; !slices.Equal(got, []string{"store l1 open calls 1", "store l2 open calls 1"}) &&
			!slices.Equal(got, []string{"store l2 open calls 1", "store l1 open calls 1"}) {
			t.Errorf("first happened %q, want both intents stored", got)
		}
	})
}

func TestAnInstanceGetsItsAssignment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(waiting(host, time.Now()))
		if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		name := runner.Name("prod", host, 1)
		w.check(t, "store budgets", "jit "+name, "put runners/AROA1:"+host+"/assignment.json", "store "+host+" booting suffix 1")
		got := w.snapshot.Runners[host]
		if got.Name != name || got.GitHubID != 77 {
			t.Errorf("name %q, GitHub's id %d, want %q and 77", got.Name, got.GitHubID, name)
		}
		if got, want := w.snapshot.Buckets.Account(account).All.Points(time.Now()), 900-5; got != want {
			t.Errorf("%d points are left, want %d", got, want)
		}
	})
}

func TestANameIsNeverUsedTwice(t *testing.T) {
	first, second := runner.Name("prod", host, 1), runner.Name("prod", host, 2)
	for what, fault := range map[string]func(*world){
		"the name is taken": func(w *world) {
			w.jit = func(name string) error {
				if name == first {
					return fmt.Errorf("github: %w", runner.ErrNameTaken)
				}
				return nil
			}
		},
		"the assignment cannot be written": func(w *world) {
			failed := false
			w.put = func(string) error {
				if failed {
					return nil
				}
				failed = true
				return errors.New("S3 is down")
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(waiting(host, time.Now()))
				fault(w)
				for range 2 {
					if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * time.Second)
					w.snapshot.Now = time.Now()
				}
				asked := slices.DeleteFunc(slices.Clone(w.story), func(line string) bool { return line[:3] != "jit" })
				if diff := cmp.Diff([]string{"jit " + first, "jit " + second}, asked); diff != "" {
					t.Errorf("names (-want +got):\n%s", diff)
				}
				if got := w.snapshot.Runners[host]; got.State != runner.RunnerBooting || got.Name != second {
					t.Errorf("the runner is %s as %q, want booting as %q", got.State, got.Name, second)
				}
			})
		})
	}
}

func TestARejectedRunnerFailsAndAFailedRequestIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(waiting(host, time.Now()))
		w.jit = func(string) error { return errors.New("502") }
		if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		got := w.snapshot.Runners[host]
		if got.State != runner.RunnerLaunching || got.Calls != 1 || !got.NextAt.After(time.Now()) || got.Suffix != 1 {
			t.Errorf("after a 502: %+v, want it to be tried again later, under the same name", got)
		}
		time.Sleep(2 * time.Second)
		w.snapshot.Now = time.Now()
		w.jit = func(string) error { return fmt.Errorf("%w: 404", runner.ErrRejected) }
		if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if got := w.snapshot.Runners[host]; got.State != runner.RunnerFailed || got.Reason.Kind != runner.ReasonNoJITConfig {
			t.Errorf("after a 404: %s (%v), want failed for want of a JIT config", got.State, got.Reason)
		}
	})
}

func TestARunnerGroupThatIsNotThereIsNotedAndAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		grouped := runner.Class{Installation: 42, Scope: runner.Organisation("o"), Group: "builders", Labels: []string{"mayfly"}}
		w := newWorld(runner.NewRunner("l1", runner.Slot{Class: grouped}, runner.Instance{ID: host}, time.Now()))
		w.jit = func(string) error { return fmt.Errorf("it: %w", runner.ErrNoGroup) }
		if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if got, want := w.snapshot.Buckets.Against(grouped, ""), runner.NoGroup("o", "builders"); got != want {
			t.Errorf("against its jobs: got %q, want %q", got, want)
		}
		if got := w.snapshot.Buckets.Account(account); got.Trouble != runner.NoTrouble || got.Failures != 0 {
			t.Errorf("the App is in trouble %q after %d failures, want none: it does not matter as whom one asks", got.Trouble, got.Failures)
		}
		if got := w.snapshot.Runners[host]; got.State != runner.RunnerLaunching || got.Suffix != 1 || !got.NextAt.After(time.Now()) {
			t.Errorf("the runner: got %+v, want it to be tried again later", got)
		}
	})
}

func TestARunnerOfOneRepositoryIsToldWhich(t *testing.T) {
	grouped := runner.Class{Installation: 42, Scope: runner.Organisation("o"), Group: "builders", Labels: []string{"mayfly"}}
	for want, c := range map[int64]runner.Class{class.Scope.ID: class, 0: grouped} {
		w := newWorld(runner.NewRunner("l1", runner.Slot{Class: c}, runner.Instance{ID: host}, time.Now()))
		if err := w.stage.Assign(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if len(w.assigned) != 1 || w.assigned[0].Repository != want {
			t.Errorf("assigned: got %+v, want the repository %d", w.assigned, want)
		}
	}
}

func TestGitHubsBudgetIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var items []runner.Item
		began := time.Now()
		for n := range 200 {
			items = append(items, waiting(fmt.Sprintf("i-%017x", n), began.Add(time.Duration(n)*time.Millisecond)))
		}
		w := newWorld(items...)
		if err := w.stage.Assign(t.Context(), &w.snapshot, func(_ context.Context, items ...runner.Item) error {
			w.snapshot.Put(items...)
			return nil
		}, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		left := launch.Unassigned(w.snapshot)
		if got, want := len(left), 20; got != want {
			t.Fatalf("%d are left without a JIT config, want %d: 180 cost 900 points", got, want)
		}
		if got, want := left[0].Instance, fmt.Sprintf("i-%017x", 180); got != want {
			t.Errorf("the first that is left is %s, want %s: who was launched first is served first", got, want)
		}
	})
}
