package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var limits = Limits{MaxIdle: 10 * time.Minute, MaxRuntime: time.Hour}

// never is long before a runner's start.
const never = -1

func noStep() bool { return false }

func TestWhenARunnerIsDue(t *testing.T) {
	start := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	for name, test := range map[string]struct {
		limits Limits
		runner life
		want   int // minutes
		why    error
	}{
		"started":           {limits, life{started: start}, 5, ErrOffline},
		"listening":         {limits, life{started: start, listening: at(3)}, 13, ErrIdle},
		"listening late":    {limits, life{started: start, listening: at(55)}, 60, ErrOverdue},
		"has a job":         {limits, life{started: start, listening: at(3), jobStarted: at(5)}, 60, ErrOverdue},
		"has a job at once": {limits, life{started: start, jobStarted: at(1)}, 60, ErrOverdue},
		"had a job":         {limits, life{started: start, listening: at(3), jobStarted: at(5), jobDone: at(20)}, 21, ErrStuck},
		"had a long job":    {limits, life{started: start, jobStarted: at(5), jobDone: at(60)}, 60, ErrOverdue},
		"taken, idle":       {limits, life{started: start, listening: at(3), taken: at(9)}, never, ErrInterrupted},
		"taken, booting":    {limits, life{started: start, taken: at(9)}, never, ErrInterrupted},
		"taken, overdue":    {limits, life{started: start, jobStarted: at(5), taken: at(62)}, 60, ErrOverdue},
		"short runtime":     {Limits{MaxIdle: 10 * time.Minute, MaxRuntime: time.Minute}, life{started: start}, 1, ErrOverdue},
	} {
		got, why := test.limits.due(test.runner)
		if test.want == never && got.Before(start) {
			got = at(never)
		}
		if !got.Equal(at(test.want)) || !errors.Is(why, test.why) {
			t.Errorf("%s: got %v, %v, want %v, %v", name, got.Sub(start), why, at(test.want).Sub(start), test.why)
		}
	}
}

// ends is how long a runner lasts that does these things, minutes after its start, and why it ends.
func ends(t *testing.T, listening, job, done int) (after time.Duration, why error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, w := Begin(t.Context(), limits, noStep)
		defer w.End()
		for _, does := range []struct {
			at   int
			what func()
		}{{listening, w.Listening}, {job, w.JobStarted}, {done, w.JobDone}} {
			if does.at > 0 {
				time.AfterFunc(time.Duration(does.at)*time.Minute, does.what)
			}
		}
		<-ctx.Done()
		after, why = time.Since(began), context.Cause(ctx)
	})
	return after, why
}

func TestARunnerIsStoppedWhenItIsDue(t *testing.T) {
	for name, test := range map[string]struct {
		listening, job, done int
		want                 time.Duration
		why                  error
	}{
		"never listens": {0, 0, 0, 5 * time.Minute, ErrOffline},
		"no job":        {2, 0, 0, 12 * time.Minute, ErrIdle},
		"long job":      {2, 11, 0, time.Hour, ErrOverdue},
		"stuck":         {2, 11, 30, 31 * time.Minute, ErrStuck},
	} {
		after, why := ends(t, test.listening, test.job, test.done)
		if after != test.want || !errors.Is(why, test.why) {
			t.Errorf("%s: got %v, %v, want %v, %v", name, after, why, test.want, test.why)
		}
	}
}

func TestARunnerThatUpdatesItselfIsIdleAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, w := Begin(t.Context(), limits, noStep)
		defer w.End()
		w.Listening()
		time.AfterFunc(9*time.Minute, w.Updating)
		<-ctx.Done()
		if got, want := time.Since(began), 19*time.Minute; got != want {
			t.Errorf("stopped after %v, want %v", got, want)
		}
	})
}

func TestAJobThatComesInTheLastMomentIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, w := Begin(t.Context(), limits, noStep)
		defer w.End()
		w.Listening()
		time.Sleep(limits.MaxIdle - 1)
		w.JobStarted()
		w.ring() // as a timer does that went off before it could be reset
		time.Sleep(time.Minute)
		if err := ctx.Err(); err != nil {
			t.Errorf("the runner was stopped: %v", context.Cause(ctx))
		}
	})
}

func TestTheEndOfAWatchIsNoReason(t *testing.T) {
	ctx, w := Begin(t.Context(), limits, noStep)
	w.End()
	if got := context.Cause(ctx); !errors.Is(got, context.Canceled) {
		t.Errorf("cause: got %v, want only that it ended", got)
	}
}
