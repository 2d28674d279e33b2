// Package recordtest is what every record has to keep, as a test suite.
package recordtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Record is what the suite is about. Implemented by record.Memory and dynamodb.Record.
type Record interface {
	Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error)
	Release(ctx context.Context, lease runner.Lease) error
	Unfinished(ctx context.Context) ([]runner.Item, error)
	Get(ctx context.Context, keys ...string) ([]runner.Item, error)
	Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error
}

// Contract runs the suite; open gives an empty record for each part of it. The parts sleep, so a
// record in memory is run in a bubble: within is then synctest.Test. A real one is given [InRealTime].
func Contract(t *testing.T, open func(t *testing.T) Record, within func(*testing.T, func(*testing.T))) {
	t.Helper()
	parts := map[string]func(*testing.T, Record){
		"one holder at a time, and the fence grows":     oneHolder,
		"a lease that nobody released ends by itself":   leaseEnds,
		"only one of many gets the lease":               manyAsk,
		"what was committed is read back":               committedIsRead,
		"what is finished is read by its key only":      finishedByKey,
		"nothing is written under a lease that passed":  fenced,
		"a commit is all or nothing, and bounded":       bounded,
		"what is read is nobody else's to change":       notShared,
		"releasing a lease that passed changes nothing": lateRelease,
		"many keys are read at once, each once":         manyKeys,
		"an item may be long":                           longItem,
		"what another release wrote hides nothing":      anotherRelease,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T) { part(t, open(t)) })
		})
	}
}

// InRealTime runs a part of the suite as it is.
func InRealTime(t *testing.T, part func(*testing.T)) { part(t) }

// during is how long the leases of this suite are: short, for a record in real time.
const during = 2 * time.Second

func oneHolder(t *testing.T, r Record) {
	first := acquire(t, r, "a")
	theirs, err := r.Acquire(t.Context(), "b", during)
	if !errors.Is(err, runner.ErrLeaseTaken) {
		t.Fatalf("a second holder got %v, want ErrLeaseTaken", err)
	}
	if theirs.Holder != "a" || theirs.Until.IsZero() {
		t.Errorf("the refusal tells of lease %+v, want a's, with its end", theirs)
	}
	release(t, r, first)
	second := acquire(t, r, "b")
	if got, want := second.Fence, first.Fence+1; got != want {
		t.Errorf("fence = %d, want %d", got, want)
	}
}

func leaseEnds(t *testing.T, r Record) {
	first := acquire(t, r, "a")
	time.Sleep(during + time.Second)
	second := acquire(t, r, "b")
	if got, want := second.Fence, first.Fence+1; got != want {
		t.Errorf("fence = %d, want %d", got, want)
	}
}

func manyAsk(t *testing.T, r Record) {
	var group sync.WaitGroup
	got := make([]error, 8)
	for n := range got {
		group.Go(func() { _, got[n] = r.Acquire(t.Context(), strconv.Itoa(n), during) })
	}
	group.Wait()
	won := 0
	for _, err := range got {
		if err == nil {
			won++
		} else if !errors.Is(err, runner.ErrLeaseTaken) {
			t.Errorf("got %v, want ErrLeaseTaken", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of 8 got the lease, want 1", won)
	}
}

func committedIsRead(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	budgets := runner.NewBudgets()
	budgets.Fleet = budgets.Fleet.Take(2, at)
	budgets = budgets.Spend(runner.Account{App: 1, Owner: "o"}, runner.LaneReads, 5, at)
	items := []runner.Item{
		runner.Job{
			ID: 7, State: runner.JobQueued, CreatedAt: at, Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: at},
			Reason: runner.Booting(), Log: []runner.Told{{At: at, Reason: runner.Booting()}},
			Class: runner.Class{Installation: 42, Scope: runner.Repository{ID: 1, FullName: "o/r"}, Labels: []string{"mayfly"}},
		},
		runner.Runner{Instance: "i-0a", State: runner.RunnerIdle, NextAt: at, Timings: []runner.Timing{{Step: "x", At: at}}},
		runner.Launch{ID: "l", State: runner.LaunchOpen, Slots: []runner.Slot{{Job: 7}}, DecidedAt: at},
		runner.CapacityMemory{}.Remember(runner.Offering{Type: "m7a.large", Zone: "us-east-1a", Capacity: runner.Spot}, at, runner.NoCapacityMemory),
		budgets,
		runner.Sweeps{At: at}.Watching(runner.Scope{Installation: 42, Repository: runner.Repository{ID: 1, FullName: "o/r"}}),
		runner.Alerted{}.With("quota", at, time.Hour),
		runner.Usage{At: at, Ended: 90 * time.Second, Day: at, Gone: time.Hour},
		runner.Boots{Failed: map[string]runner.FailedBoots{"ami-1": {InARow: 2, Last: at}}},
	}
	commit(t, r, lease, items...)
	checkItems(t, unfinished(t, r), items)
	release(t, r, lease)

	later := acquire(t, r, "b")
	commit(t, r, later, runner.Runner{Instance: "i-0a", State: runner.RunnerBusy})
	items[1] = runner.Runner{Instance: "i-0a", State: runner.RunnerBusy}
	checkItems(t, unfinished(t, r), items)
}

func finishedByKey(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	commit(t, r, lease, runner.Job{ID: 7, State: runner.JobQueued})
	done := runner.Job{ID: 7, State: runner.JobCompleted}
	commit(t, r, lease, done)
	checkItems(t, unfinished(t, r), nil)
	got, err := r.Get(t.Context(), runner.JobKey(7), runner.JobKey(8), runner.RunnerKey("i-0a"))
	if err != nil {
		t.Fatal(err)
	}
	checkItems(t, got, []runner.Item{done})
}

func fenced(t *testing.T, r Record) {
	old := acquire(t, r, "a")
	time.Sleep(during + time.Second)
	commit(t, r, old, runner.Job{ID: 1, State: runner.JobQueued}) // late, but nobody has taken over yet
	current := acquire(t, r, "b")
	err := r.Commit(t.Context(), old, runner.Job{ID: 2, State: runner.JobQueued})
	if !errors.Is(err, runner.ErrFenced) {
		t.Errorf("a commit under a lease that passed got %v, want ErrFenced", err)
	}
	checkItems(t, unfinished(t, r), []runner.Item{runner.Job{ID: 1, State: runner.JobQueued}})
	commit(t, r, current, runner.Job{ID: 2, State: runner.JobQueued})
}

func bounded(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	var items []runner.Item
	for id := range int64(runner.MaxCommit) {
		items = append(items, runner.Job{ID: id + 1, State: runner.JobQueued})
	}
	commit(t, r, lease, items...)
	checkItems(t, unfinished(t, r), items)

	tooMany := make([]runner.Item, 0, len(items)+1)
	for id := range int64(runner.MaxCommit + 1) {
		tooMany = append(tooMany, runner.Job{ID: id + 1, State: runner.JobRunning})
	}
	if err := r.Commit(t.Context(), lease, tooMany...); err == nil {
		t.Error("a commit of too many items was taken")
	}
	if err := r.Commit(t.Context(), lease, runner.Job{ID: 1, State: runner.JobRunning}, runner.Job{ID: 1, State: runner.JobRunning}); err == nil {
		t.Error("a commit with one key twice was taken")
	}
	checkItems(t, unfinished(t, r), items)
}

func notShared(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	labels := []string{"mayfly"}
	commit(t, r, lease, runner.Job{ID: 1, State: runner.JobQueued, Class: runner.Class{Labels: labels}})
	labels[0] = "changed by the writer"
	read := unfinished(t, r)
	read[0].(runner.Job).Class.Labels[0] = "changed by a reader"
	checkItems(t, unfinished(t, r), []runner.Item{runner.Job{ID: 1, State: runner.JobQueued, Class: runner.Class{Labels: []string{"mayfly"}}}})
}

func lateRelease(t *testing.T, r Record) {
	old := acquire(t, r, "a")
	time.Sleep(during + time.Second)
	current := acquire(t, r, "b")
	_ = r.Release(t.Context(), old)
	if _, err := r.Acquire(t.Context(), "c", during); !errors.Is(err, runner.ErrLeaseTaken) {
		t.Errorf("a late release ended somebody else's lease: got %v, want ErrLeaseTaken", err)
	}
	release(t, r, current)
}

func manyKeys(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	var items []runner.Item
	var keys []string
	for id := range int64(2 * runner.MaxCommit) {
		job := runner.Job{ID: id + 1, State: runner.JobCompleted}
		items, keys = append(items, job), append(keys, job.Key(), job.Key())
	}
	commit(t, r, lease, items[:runner.MaxCommit]...)
	commit(t, r, lease, items[runner.MaxCommit:]...)
	got, err := r.Get(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	checkItems(t, got, items)
	if none, err := r.Get(t.Context()); err != nil || len(none) > 0 {
		t.Errorf("no keys at all: got %v, %v, want nothing", none, err)
	}
}

// longItem watches 3,000 repositories, which is about as many as the largest organisations have.
func longItem(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	sweeps := runner.Sweeps{Watched: map[string]runner.Watch{}}
	for n := range 3000 {
		name := fmt.Sprintf("an-organisation/one-of-its-repositories-%d", n)
		sweeps.Watched[name] = runner.Watch{
			Scope:  runner.Scope{Installation: 1, Repository: runner.Repository{ID: int64(n), FullName: name}},
			ReadAt: time.Date(2026, 1, 2, 3, 4, n, n, time.UTC), ETag: strings.Repeat(strconv.Itoa(n), 8),
		}
	}
	commit(t, r, lease, sweeps)
	checkItems(t, unfinished(t, r), []runner.Item{sweeps})
}

// widget is an item that a release to come may have.
type widget struct {
	Size int `json:"size"`
}

func (widget) Key() string { return "widget/1" }
func (widget) Live() bool  { return true }

func anotherRelease(t *testing.T, r Record) {
	lease := acquire(t, r, "a")
	job := runner.Job{ID: 1, State: runner.JobQueued}
	commit(t, r, lease, widget{Size: 3}, job)
	all := unfinished(t, r)
	keys := make([]string, len(all))
	for i, item := range all {
		keys[i] = item.Key()
	}
	slices.Sort(keys)
	if want := []string{job.Key(), widget{}.Key()}; !slices.Equal(keys, want) {
		t.Errorf("what is unfinished: got %q, want %q", keys, want)
	}
	if err := r.Commit(t.Context(), lease, all...); err == nil {
		t.Error("an item that is not known was written over")
	}
}

func acquire(t *testing.T, r Record, holder string) runner.Lease {
	t.Helper()
	lease, err := r.Acquire(t.Context(), holder, during)
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

func release(t *testing.T, r Record, lease runner.Lease) {
	t.Helper()
	if err := r.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, r Record, lease runner.Lease, items ...runner.Item) {
	t.Helper()
	if err := r.Commit(t.Context(), lease, items...); err != nil {
		t.Fatal(err)
	}
}

func unfinished(t *testing.T, r Record) []runner.Item {
	t.Helper()
	items, err := r.Unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func checkItems(t *testing.T, got, want []runner.Item) {
	t.Helper()
	byKey := func(a, b runner.Item) int { return cmp.Compare(a.Key(), b.Key()) }
	got, want = slices.SortedFunc(slices.Values(got), byKey), slices.SortedFunc(slices.Values(want), byKey)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}
