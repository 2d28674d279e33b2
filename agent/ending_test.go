package agent_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent/run"
)

func TestReportsThatFailChangeNothing(t *testing.T) {
	hanging := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				_, _ = io.Copy(io.Discard, r.Body) // until then a server does not see its client go
				<-r.Context().Done()
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	for name, fault := range map[string]func(http.Handler) http.Handler{"refused": failing(http.MethodPut), "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.s3 = fault
				began := time.Now()
				if err := w.live(t.Context(), t); err != nil {
					t.Error(err)
				}
				if got, limit := time.Since(began), 33*time.Second+6*time.Second; got > limit {
					t.Errorf("took %v, want at most %v: the job, and one report's time", got, limit)
				}
				if got, want := strings.Count(w.log.String(), "a report is lost"), 3; got != want {
					t.Errorf("lost reports in the log: got %d, want %d", got, want)
				}
				if got, want := w.events[len(w.events)-1], "poweroff now"; got != want {
					t.Errorf("at last: got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestARunnerThatEndsBadly(t *testing.T) {
	stopped := func(ctx context.Context, _ run.Command) (int, error) { <-ctx.Done(); return 130, nil }
	for name, test := range map[string]struct {
		start   run.Start
		code    int
		err     string
		problem string // what can be done about it
	}{
		"exits with 7":  {func(context.Context, run.Command) (int, error) { return 7, nil }, 7, "exited with code 7 before it took a job", "GitHub refuses its version: build the image again, with the newest runner"},
		"exits with 0":  {func(context.Context, run.Command) (int, error) { return 0, nil }, 0, "exited with code 0 before it took a job", "it was removed on GitHub, or told to end"},
		"is not there":  {func(context.Context, run.Command) (int, error) { return 0, errors.New("no such file") }, -1, "no such file", "run: no such file"},
		"panics":        {func(context.Context, run.Command) (int, error) { panic("oh") }, -1, "panicked: oh", "the agent panicked: oh"},
		"never listens": {stopped, 130, "it did not get to listen", "it did not get to listen for jobs in 5m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.start = test.start
				if err := w.live(t.Context(), t); err != nil || test.err != "" {
					wantError(t, err, test.err)
				}
				if got := w.lastReport(t); got.ExitCode != test.code || got.TookJob || got.Problem != test.problem {
					t.Errorf("last report: got %+v, want exit code %d, no job, and %q", got, test.code, test.problem)
				}
				if got, want := w.events[len(w.events)-1], "poweroff now"; got != want {
					t.Errorf("at last: got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestARunnerThatNoJobComesToIdlesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.start = listens
		began := time.Now()
		if err := w.live(t.Context(), t); err != nil {
			t.Errorf("idling out is no error: %v", err)
		}
		if got, want := time.Since(began).Round(time.Second), 10*time.Minute; got != want {
			t.Errorf("listened for %v, want %v", got, want)
		}
	})
}

func TestAJobThatRunsTooLongIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.start = func(ctx context.Context, command run.Command) (int, error) {
			say(command.Out, "Listening for Jobs")
			say(command.Out, "Running job: for ever")
			<-ctx.Done()
			return 130, nil
		}
		began := time.Now()
		if err := w.live(t.Context(), t); err != nil {
			t.Errorf("it ran a job: %v", err)
		}
		if got, want := time.Since(began).Round(time.Second), time.Hour; got != want {
			t.Errorf("ran for %v, want %v", got, want)
		}
		if got := w.lastReport(t); got.ExitCode != 130 || !got.TookJob {
			t.Errorf("last report: got %+v, want exit code 130 and a job", got)
		}
	})
}

func TestATerminatedAgentStillReportsAndPowersOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.start = listens
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		err := w.live(ctx, t)
		wantError(t, err, "the runner was stopped before it took a job: context canceled")
		if got := w.lastReport(t); got.ExitCode != 130 || got.TookJob || got.Problem != "context canceled" {
			t.Errorf("last report: got %+v, want exit code 130, no job, and why", got)
		}
		if got, want := w.count("poweroff now"), 1; got != want {
			t.Errorf("powered off %d times, want %d", got, want)
		}
	})
}
