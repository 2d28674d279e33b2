package terminate_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/terminate"
)

type fleet struct {
	asked   [][]string
	err     error
	unknown string // an instance that EC2 does not know
}

func (f *fleet) Terminate(_ context.Context, instances []string) error {
	f.asked = append(f.asked, instances)
	if slices.Contains(instances, f.unknown) {
		return fmt.Errorf("%w: InvalidInstanceID.NotFound", runner.ErrOneRefused)
	}
	return f.err
}

func TestAnInstanceThatEC2DoesNotKnowKeepsNoOtherAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(id string) runner.Runner {
			return runner.Runner{Instance: id, State: runner.RunnerFailed, NextAt: time.Now(), Stamps: runner.Stamps[runner.RunnerState]{runner.RunnerFailed: time.Now()}}
		}
		s := runner.NewSnapshot(in("i-1"), in("i-unknown"))
		s.Now = time.Now()
		f := &fleet{unknown: "i-unknown"}
		stage := terminate.Stage{Fleet: f, LongestWait: 10 * time.Second, Log: slog.New(slog.DiscardHandler)}
		err := stage.End(t.Context(), &s, func(_ context.Context, items ...runner.Item) error { s.Put(items...); return nil }, runner.Until{Deadline: s.Now.Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		alone := slices.Concat(f.asked[1:]...)
		slices.Sort(alone)
		if want := []string{"i-1", "i-unknown"}; len(f.asked[0]) != 2 || !slices.Equal(alone, want) {
			t.Errorf("EC2 was asked for %q, want both and then each", f.asked)
		}
		for id, want := range map[string]time.Duration{"i-1": time.Minute, "i-unknown": 2 * time.Second} {
			if got := time.Until(stage.DueAt(s.Runners[id])); got != want {
				t.Errorf("%s is asked for again in %v, want in %v", id, got, want)
			}
		}
	})
}

func TestAnInstanceThatDoesNotPowerItselfOffIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		in := func(id string, state runner.RunnerState, at time.Time) runner.Runner {
			return runner.Runner{Instance: id, State: state, Stamps: runner.Stamps[runner.RunnerState]{state: at}}
		}
		s := runner.NewSnapshot(
			in("i-busy", runner.RunnerBusy, began), in("i-idle", runner.RunnerIdle, began),
			in("i-finished", runner.RunnerFinished, began), in("i-failed", runner.RunnerFailed, began.Add(time.Second)),
			in("i-interrupted", runner.RunnerInterrupted, began.Add(20*time.Second)),
		)
		f := &fleet{}
		stage := terminate.Stage{Fleet: f, LongestWait: 10 * time.Second, Grace: 30 * time.Second, Log: slog.New(slog.DiscardHandler)}
		var stored int
		end := func(after time.Duration) [][]string {
			t.Helper()
			time.Sleep(time.Until(began.Add(after)))
			s.Now = time.Now()
			f.asked = nil
			err := stage.End(t.Context(), &s, func(_ context.Context, items ...runner.Item) error {
				if len(f.asked) > 0 {
					t.Error("EC2 was asked before the intent was stored")
				}
				stored += len(items)
				s.Put(items...)
				return nil
			}, runner.Until{Deadline: s.Now.Add(time.Minute)})
			if err != nil {
				t.Fatal(err)
			}
			return f.asked
		}
		for _, step := range []struct {
			after time.Duration
			want  [][]string
		}{
			{29 * time.Second, nil}, // they may still power themselves off
			{31 * time.Second, [][]string{{"i-finished", "i-failed"}}},
			{32 * time.Second, nil}, // just asked
			{91 * time.Second, [][]string{{"i-finished", "i-failed"}}}, // EC2 never said that they are gone
			{149 * time.Second, nil},                                   // EC2 leaves an interrupted one two minutes
			{151 * time.Second, [][]string{{"i-finished", "i-failed"}}},
			{170 * time.Second, [][]string{{"i-interrupted"}}},
		} {
			if diff := cmp.Diff(step.want, end(step.after)); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", step.after, diff)
			}
		}
		if stored != 7 {
			t.Errorf("%d intents were stored, want 7", stored)
		}
	})
}

func TestARefusedCallIsMadeAgainWithinSecondsAndThenEverLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runner.NewSnapshot(runner.Runner{
			Instance: "i-failed", State: runner.RunnerFailed, Stamps: runner.Stamps[runner.RunnerState]{runner.RunnerFailed: time.Now()},
		})
		f := &fleet{err: errors.New("throttled")}
		stage := terminate.Stage{Fleet: f, LongestWait: 10 * time.Second, Log: slog.New(slog.DiscardHandler)}
		var waits []time.Duration
		for range 5 {
			s.Now = time.Now()
			err := stage.End(t.Context(), &s, func(_ context.Context, items ...runner.Item) error {
				s.Put(items...)
				return nil
			}, runner.Until{Deadline: s.Now.Add(time.Minute)})
			if err != nil {
				t.Fatal(err)
			}
			waits = append(waits, time.Until(stage.DueAt(s.Runners["i-failed"])))
			time.Sleep(waits[len(waits)-1])
		}
		want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second, 10 * time.Second}
		if diff := cmp.Diff(want, waits); diff != "" {
			t.Errorf("waits (-want +got):\n%s", diff)
		}
		if got, want := len(f.asked), len(want); got != want {
			t.Errorf("EC2 was asked %d times, want %d", got, want)
		}
	})
}
