package launch_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestWhatALostAnswerLaunchedIsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		planned, open := planned(t)
		open.DecidedAt = time.Now()
		w := newWorld(open, planned.Jobs[1], planned.Jobs[2])
		call := func() {
			t.Helper()
			time.Sleep(time.Until(w.snapshot.Launches["l1"].NextAt))
			w.snapshot.Now = time.Now()
			if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		w.fleet = func() error { return errors.New("the answer was lost") }
		call()
		w.fleet = nil
		w.replayed = true // EC2 prevents a second launch, and tells no instances
		w.made = []runner.Seen{{Instance: runner.Instance{ID: "i-1"}, Launch: "l1", State: "running"}}
		call()
		if len(w.snapshot.Launches) != 1 || len(w.snapshot.Runners) != 0 {
			t.Fatalf("EC2 shows one of two: %d launches are open, %d runners known; want it to be looked at again", len(w.snapshot.Launches), len(w.snapshot.Runners))
		}
		w.made = append(w.made, runner.Seen{Instance: runner.Instance{ID: "i-2"}, Launch: "l1", State: "pending"})
		call()
		if len(w.snapshot.Launches) != 0 || len(w.snapshot.Runners) != 2 {
			t.Errorf("EC2 shows both: %d launches are open, %d runners known; want both adopted", len(w.snapshot.Launches), len(w.snapshot.Runners))
		}
	})
}

func TestWhatEC2NeverShowsIsGivenUpAfterItsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		planned, open := planned(t)
		open.DecidedAt, open.Calls = time.Now(), 1
		w := newWorld(open, planned.Jobs[1], planned.Jobs[2])
		w.replayed = true
		for len(w.snapshot.Launches) > 0 && time.Since(open.DecidedAt) < time.Hour {
			time.Sleep(time.Second)
			w.snapshot.Now = time.Now()
			if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(open.DecidedAt); took < 3*time.Minute || took > 5*time.Minute {
			t.Errorf("given up after %v, want after EC2's lag of 3 min", took)
		}
	})
}

func TestWhatAnEarlierCallThatDifferedLaunchedIsAdopted(t *testing.T) {
	for calls, want := range map[int]int{0: 0, 1: 2} { // the first call made nothing: its token is somebody else's
		planned, open := planned(t)
		open.DecidedAt, open.Calls = time.Now(), calls
		w := newWorld(open, planned.Jobs[1], planned.Jobs[2])
		w.fleet = func() error { return &runner.LaunchError{Class: runner.BadRequest, Code: runner.RepeatDiffers} }
		w.made = []runner.Seen{{Instance: runner.Instance{ID: "i-1"}, Launch: "l1", State: "running"}, {Instance: runner.Instance{ID: "i-2"}, Launch: "l1", State: "running"}}
		if err := w.stage.Call(t.Context(), &w.snapshot, w.store, runner.Until{Deadline: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if got := len(w.snapshot.Runners); got != want || len(w.snapshot.Launches) != 0 {
			t.Errorf("after %d calls: got %d runners and %d open launches, want %d and none", calls, got, len(w.snapshot.Launches), want)
		}
	}
}
