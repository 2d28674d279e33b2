package usage_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/usage"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// meter keeps what it is told.
type meter struct {
	told []float64
	err  error
}

func (m *meter) RunnerMinutes(_ context.Context, minutes float64, _ time.Time) error {
	m.told = append(m.told, minutes)
	return m.err
}

// books is a stage on a snapshot that is what was stored.
type books struct {
	*testing.T
	usage.Stage
	meter    meter
	snapshot runner.Snapshot
	failing  error // of the store
}

func newBooks(t *testing.T) *books {
	b := &books{T: t, snapshot: runner.NewSnapshot()}
	b.Stage = usage.Stage{Meter: &b.meter, Log: slog.New(slog.DiscardHandler)}
	return b
}

func (b *books) store(_ context.Context, items ...runner.Item) error {
	if b.failing == nil {
		b.snapshot.Put(append(items, b.Ended(b.snapshot, items)...)...)
	}
	return b.failing
}

// at is a pass at so many seconds after noon: some runners are launched in it, "+i-1", and some end.
func (b *books) at(seconds int, changes ...string) {
	b.Helper()
	b.snapshot.Now = noon.Add(time.Duration(seconds) * time.Second)
	var items []runner.Item
	for _, change := range changes {
		id := change[1:]
		changed := runner.Runner{Instance: id, State: runner.RunnerLaunching, Stamps: runner.Stamps[runner.RunnerState]{runner.RunnerLaunching: b.snapshot.Now}}
		if change[0] == '-' {
			changed = b.snapshot.Runners[id]
			changed.State = runner.RunnerTerminated
		}
		items = append(items, changed)
	}
	if err := b.store(b.Context(), items...); err != nil {
		b.Fatal(err)
	}
	if err := b.Stage.Run(b.Context(), &b.snapshot, b.store); err != nil {
		b.Fatal(err)
	}
}

func (b *books) wantTold(want ...float64) {
	b.Helper()
	if len(b.meter.told) != len(want) {
		b.Errorf("told %v, want %v", b.meter.told, want)
		return
	}
	for n := range want {
		if diff := b.meter.told[n] - want[n]; diff > 1e-9 || diff < -1e-9 {
			b.Errorf("told %v, want %v", b.meter.told, want)
		}
	}
}

func TestEveryMinuteOfEveryRunnerIsToldOnce(t *testing.T) {
	b := newBooks(t)
	b.at(0)
	b.at(10, "+i-1")
	b.at(60)
	b.wantTold()
	b.at(70, "+i-2")
	b.wantTold(1) // i-1, a minute
	b.at(100, "-i-2")
	b.at(120)
	b.wantTold(1)
	b.at(130)
	b.wantTold(1, 1.5) // i-1 another minute, i-2 half a one
	b.at(140, "-i-1")
	if due, want := b.DueAt(b.snapshot), noon.Add(190*time.Second); !due.Equal(want) {
		t.Errorf("the last ten seconds are told at %v, want %v", due, want)
	}
	b.at(200)
	b.wantTold(1, 1.5, 1./6)
	if due := b.DueAt(b.snapshot); !due.IsZero() {
		t.Errorf("nothing runs: it is due at %v, want not at all", due)
	}
	b.at(7200, "+i-3")
	b.at(7260)
	b.wantTold(1, 1.5, 1./6, 1) // and not what was between
}

func TestWhatNobodyCountedForHoursIsToldAtOnce(t *testing.T) {
	b := newBooks(t)
	b.at(0, "+i-1")
	b.at(1800, "+i-2")
	b.wantTold(30)
	b.at(2 * 3600)
	b.wantTold(30, 180)
}

func TestMinutesThatWereStoredAreNotToldAgain(t *testing.T) {
	b := newBooks(t)
	b.meter.err = errors.New("CloudWatch is down")
	b.at(0, "+i-1")
	b.at(60)
	b.meter.err = nil
	b.at(120)
	b.wantTold(1, 1)

	b.snapshot.Now = noon.Add(time.Hour)
	b.failing = errors.New("the lease has passed on")
	if err := b.Stage.Run(t.Context(), &b.snapshot, b.store); err == nil || !strings.Contains(err.Error(), "passed on") {
		t.Errorf("got %v, want the store's error", err)
	}
	b.wantTold(1, 1)
}

func TestWithoutAMeterOnlyTheDaysMinutesAreStored(t *testing.T) {
	b := newBooks(t)
	b.Meter = nil
	b.at(0, "+i-1")
	b.at(3600, "-i-1")
	if want := (runner.Usage{Day: noon.Add(-12 * time.Hour), Gone: time.Hour}); b.snapshot.Usage != want {
		t.Errorf("stored %+v, want %+v", b.snapshot.Usage, want)
	}
}

func TestTellingTakesNothingFromTheDaysMinutes(t *testing.T) {
	b := newBooks(t)
	b.at(0, "+i-1", "+i-2")
	b.at(90, "-i-1")
	b.at(600)
	b.wantTold(3, 8.5)
	if got := b.snapshot.Usage.Today(b.snapshot.Runners, b.snapshot.Now); got != 690*time.Second {
		t.Errorf("the day has had %v, want 11m30s", got)
	}
}

func TestARunnerThatEndsTwiceInOneCommitIsCountedOnce(t *testing.T) {
	b := newBooks(t)
	b.at(0, "+i-1")
	b.at(30, "-i-1", "-i-1")
	b.wantTold(0.5)
}
