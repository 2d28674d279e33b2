package logs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent/logs"
)

// outage fails so many calls.
func outage(calls int, err error) func(context.Context, int) (int, error) {
	return func(_ context.Context, n int) (int, error) {
		if n <= calls {
			return 0, err
		}
		return 0, nil
	}
}

func TestAnOutageLosesNothingThatThereIsRoomForAndIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		l := logs.New(logs.Config{Random: none, Log: slog.New(slog.NewTextHandler(&told, nil))})
		s := &store{put: outage(8, errors.New("throttled"))}
		l.Ship(t.Context(), s)
		fmt.Fprintln(l.Writer(""), "patience")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		want(t, s, "patience")
		if got := strings.Count(told.String(), "the log cannot be sent"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, &told)
		}
		for i, least := range []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second} {
			if i > 0 && s.calls[i].Sub(s.calls[i-1]) != least {
				t.Errorf("wait %d: got %v, want %v", i, s.calls[i].Sub(s.calls[i-1]), least)
			}
		}
		l.Close()
	})
}

func TestABatchThatIsRefusedIsCountedAndTheNextGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logs.New(logs.Config{Random: none})
		s := &store{put: outage(1, fmt.Errorf("400: %w", logs.ErrRefused))}
		l.Ship(t.Context(), s)
		out := l.Writer("")
		fmt.Fprint(out, "bad\nworse\n")
		time.Sleep(time.Second)
		fmt.Fprintln(out, "good")
		if got := l.Close(); got != 0 {
			t.Errorf("lost and not told: got %d, want none", got)
		}
		if texts := s.texts(); len(texts) != 2 || !strings.HasSuffix(texts[0], `"lines":2}`) || texts[1] != "good" {
			t.Errorf("got %q, want that 2 lines are lost, and the good one", texts)
		}
	})
}

func TestEventsThatAStoreDidNotKeepAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := logs.New(logs.Config{Random: none}), &store{}
		s.put = func(_ context.Context, n int) (int, error) { return 3 * (1 / n), nil } // of the first call
		l.Ship(t.Context(), s)
		out := l.Writer("")
		fmt.Fprint(out, "1\n2\n3\n")
		time.Sleep(6 * time.Second)
		fmt.Fprintln(out, "4")
		l.Close()
		if texts := s.texts(); len(texts) != 5 || !strings.HasSuffix(texts[3], `"lines":3}`) {
			t.Errorf("got %q, want that 3 lines are lost", texts)
		}
	})
}

func TestAStreamThatIsGoneIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logs.New(logs.Config{Random: none})
		s := &store{put: outage(1, fmt.Errorf("400: %w", logs.ErrNoStream))}
		l.Ship(t.Context(), s)
		fmt.Fprintln(l.Writer(""), "x")
		l.Close()
		want(t, s, "x")
		if s.opened != 2 {
			t.Errorf("opened %d times, want 2", s.opened)
		}
	})
}

func TestTheEndOfTheAgentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l, s := logs.New(logs.Config{Random: none}), &store{}
		l.Ship(ctx, s)
		cancel()
		fmt.Fprintln(l.Writer(""), "told to end")
		l.Close()
		want(t, s, "told to end")
	})
}

func TestAStoreThatComesBackWhileTheLogsCloseGetsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logs.New(logs.Config{Random: none})
		s := &store{put: outage(5, errors.New("down"))}
		l.Ship(t.Context(), s)
		fmt.Fprintln(l.Writer(""), "x")
		began := time.Now()
		if got := l.Close(); got != 0 || time.Since(began) > 10*time.Second {
			t.Errorf("lost %d lines in %v, want none in at most 10s", got, time.Since(began))
		}
		want(t, s, "x")
	})
}

func TestAStoreThatNeverAnswersDoesNotHoldTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, release := logs.New(logs.Config{Random: none}), make(chan struct{})
		s := &store{put: func(context.Context, int) (int, error) { <-release; return 0, nil }}
		l.Ship(t.Context(), s)
		fmt.Fprintln(l.Writer(""), "x")
		began := time.Now()
		if got := l.Close(); got != 1 {
			t.Errorf("lost: got %d lines, want 1", got)
		}
		if got, want := time.Since(began), 10*time.Second; got != want {
			t.Errorf("closing took %v, want %v", got, want)
		}
		close(release)
	})
}
