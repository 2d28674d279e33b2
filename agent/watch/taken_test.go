package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A runner whose instance is taken back two minutes after the notice, which comes a minute after the start.
type taken struct {
	busy    bool
	hasStep bool          // its job is in a step that can be ended
	left    time.Duration // as the notice has it; zero is two minutes
	doneIn  time.Duration // after the notice; zero is never
}

// after is how long after the notice its step is ended, and it is stopped; -1 is never.
func (r taken) after(t *testing.T) (failed, stopped time.Duration, why error) {
	t.Helper()
	failed, stopped = never, never
	synctest.Test(t, func(t *testing.T) {
		var noticed time.Time
		ctx, w := Begin(t.Context(), limits, func() bool { failed = time.Since(noticed); return r.hasStep })
		w.Listening()
		if r.busy {
			w.JobStarted()
		}
		time.Sleep(time.Minute)
		noticed = time.Now()
		left := r.left
		if left == 0 {
			left = 2 * time.Minute
		}
		if got := w.Taken(left); got != r.busy {
			t.Errorf("busy: got %v, want %v", got, r.busy)
		}
		if r.doneIn > 0 {
			time.AfterFunc(r.doneIn, func() { w.JobDone(); w.End() })
		}
		<-ctx.Done()
		if why = context.Cause(ctx); !errors.Is(why, context.Canceled) {
			stopped = time.Since(noticed)
		}
		w.End()
	})
	return failed, stopped, why
}

func TestARunnerGoesBeforeItsInstanceIsTaken(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		runner          taken
		failed, stopped time.Duration
	}{
		"idle":                       {taken{}, never, 0},
		"busy":                       {taken{busy: true}, 95 * s, 95 * s},
		"busy in a step":             {taken{busy: true, hasStep: true}, 95 * s, 103 * s},
		"whose job ends in time":     {taken{busy: true, hasStep: true, doneIn: 60 * s}, never, never},
		"whose job ends of its step": {taken{busy: true, hasStep: true, doneIn: 97 * s}, 95 * s, never},
		"that is told late":          {taken{busy: true, left: 10 * s}, 0, 0},
		"that is told too late":      {taken{busy: true, left: -s}, 0, 0},
	} {
		failed, stopped, why := test.runner.after(t)
		if failed != test.failed || stopped != test.stopped {
			t.Errorf("a runner %s: its step ended after %v, it after %v, want %v and %v", name, failed, stopped, test.failed, test.stopped)
		}
		if stopped != never && !errors.Is(why, ErrInterrupted) {
			t.Errorf("a runner %s: stopped because %v, want the interruption", name, why)
		}
	}
}

func TestANoticeIsRead(t *testing.T) {
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for body, want := range map[string]Notice{
		`{"action":"terminate","time":"2026-01-02T15:04:05Z"}`:             {"terminate", at},
		`{"action":"stop","time":"2026-01-02T15:04:05Z","detail":{"x":1}}`: {"stop", at},
		`{"action": "hibernate", "time": "2026-01-02T15:04:05Z"}` + "\n":   {"hibernate", at},
		`{"action":"party","time":"2026-01-02T15:04:05Z"}`:                 {},
		`{"action":"terminate"}`:                                           {},
		`{"action":"terminate","time":"tomorrow"}`:                         {},
		`{"action":["terminate"],"time":"2026-01-02T15:04:05Z"}`:           {},
		`<html>`: {}, ``: {}, `null`: {}, `[]`: {},
	} {
		got, err := parseNotice([]byte(body))
		if got.Action != want.Action || !got.At.Equal(want.At) || (err != nil) != (want.Action == "") {
			t.Errorf("%s: got %+v, %v, want %+v", body, got, err, want)
		}
	}
}

func FuzzParseNotice(f *testing.F) {
	f.Add([]byte(`{"action":"terminate","time":"2026-01-02T15:04:05Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		notice, err := parseNotice(body)
		if left := notice.Left(time.Now()); err == nil && (left < 0 || left > noticed) {
			t.Errorf("%q: %v are left", body, left)
		}
	})
}

func TestAWrongClockGivesNoMoreThanTwoMinutes(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for ahead, want := range map[time.Duration]time.Duration{
		90 * time.Second: 90 * time.Second, time.Hour: 2 * time.Minute, 0: 0, -time.Hour: 0,
	} {
		if got := (Notice{At: now.Add(ahead)}).Left(now); got != want {
			t.Errorf("a notice for %v from now: got %v left, want %v", ahead, got, want)
		}
	}
}
