package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent/run"
)

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error: got %v, want one with %q", err, part)
	}
}

// mustFail lives, and wants an error with a part, logged once.
func (w *world) mustFail(t *testing.T, part string) {
	t.Helper()
	wantError(t, w.live(t.Context(), t), part)
	if got, want := strings.Count(w.log.String(), `"level":"ERROR"`), 1; got != want {
		t.Errorf("errors in the log: got %d, want %d:\n%s", got, want, &w.log)
	}
}

// mustEndUnstarted wants a life without a runner that was reported and ended in a power-off.
func (w *world) mustEndUnstarted(t *testing.T) {
	t.Helper()
	if got := w.count("start"); got != 0 {
		t.Errorf("the runner was started %d times, want never", got)
	}
	if got := w.lastReport(t); got.ExitCode != -1 || got.TookJob || got.Problem == "" {
		t.Errorf("last report: got %+v, want exit code -1, no job and a problem", got)
	}
	if got, want := w.events[len(w.events)-1], "poweroff now"; got != want {
		t.Errorf("at last: got %q, want %q", got, want)
	}
}

// edited is the user data or assignment with one field changed, or taken away by nil.
func edited(t *testing.T, body []byte, field string, value any) []byte {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	fields[field] = value
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestUserDataThatIsWrongEndsTheInstance(t *testing.T) {
	good := userData(t)
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"none":          {nil, "read the user data"},
		"garbage":       {[]byte("#!/bin/sh\n"), "it is not one whole JSON object"},
		"truncated":     {good[:len(good)/2], "it is not one whole JSON object"},
		"huge":          {append(good, strings.Repeat(" ", 1<<20)...), "user data"},
		"another field": {edited(t, good, "more", 1), "a field that this version does not know"},
		"version":       {edited(t, good, "version", 2), "version is 2, this agent reads 1"},
		"no bucket":     {edited(t, good, "bucket", ""), "bucket is empty"},
		"no command":    {edited(t, good, "runner_command", []string{}), "runner_command is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.body)
				w.assign(t)
				w.mustFail(t, test.want)
				if got := w.count("start") + w.count("s3"); got != 0 {
					t.Errorf("the runner or S3 were touched %d times, want never", got)
				}
				if got, want := w.events[len(w.events)-1], "systemctl poweroff"; got != want {
					t.Errorf("at last: got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestAnAssignmentThatIsWrongIsDeletedAndEndsTheInstance(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*testing.T, []byte) []byte
		want   string
	}{
		"another's":     {change("instance", "i-00000000000000001"), `instance is "i-00000000000000001"`},
		"version":       {change("version", 7), "version is 7"},
		"another field": {change("more", canary), "a field that this version does not know"},
		"wrong type":    {change("max_idle_seconds", canary), "max_idle_seconds"},
		"no JIT config": {change("jit_config", ""), "jit_config is empty"},
		"garbage":       {func(*testing.T, []byte) []byte { return []byte(canary) }, "it is not one whole JSON object"},
		"truncated":     {func(_ *testing.T, b []byte) []byte { return b[:len(b)-9] }, "it is not one whole JSON object"},
		"two":           {func(_ *testing.T, b []byte) []byte { return append(b, b...) }, "there is more after the JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.put(t, test.change(t, w.stored(t)))
				w.mustFail(t, test.want)
				w.mustEndUnstarted(t)
				if got, want := w.count("s3 DELETE"), 1; got != want {
					t.Errorf("deleted: got %d times, want %d", got, want)
				}
			})
		})
	}
}

func TestAnAssignmentThatIsHugeEndsTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.put(t, []byte(strings.Repeat(canary, 10_000)))
		w.mustFail(t, "longer than")
		w.mustEndUnstarted(t)
	})
}

func change(field string, value any) func(*testing.T, []byte) []byte {
	return func(t *testing.T, body []byte) []byte { t.Helper(); return edited(t, body, field, value) }
}

func TestMetadataThatIsNotEC2sEndsTheAgent(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
		within time.Duration
	}{
		"redirects":        {http.RedirectHandler("http://s3/", http.StatusFound).ServeHTTP, "StatusCode: 302", 0},
		"version 1":        {http.NotFound, "StatusCode: 404", 0},
		"errors":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "StatusCode: 500", 10 * time.Second},
		"never answers":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "read the identity document", 10 * time.Second},
		"never stops":      {endless, "read the identity document", 10 * time.Second},
		"another's shapes": {document(`{"instanceId":"i-0/../x","region":"us-east-1","pendingTime":"2026-01-01T00:00:00Z"}`), "instanceId is", 0},
		"another's region": {document(`{"instanceId":"i-01234567","region":"x.evil.example","pendingTime":"2026-01-01T00:00:00Z"}`), "region is", 0},
		"no time":          {document(`{"instanceId":"i-01234567","region":"us-east-1"}`), "pendingTime is missing", 0},
		"no JSON":          {document(`<html>`), "read the identity document", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.metadata = func(http.Handler) http.Handler { return test.answer }
				began := time.Now()
				w.mustFail(t, test.want)
				if got := time.Since(began); got > test.within {
					t.Errorf("took %v, want at most %v", got, test.within)
				}
				if got := w.count("start") + w.count("s3") + w.count("systemctl"); got != 0 {
					t.Errorf("the runner, S3 or the machine's power were touched %d times, want never", got)
				}
			})
		})
	}
}

// document answers with a token, and then with this identity document.
func document(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		if r.Method == http.MethodPut {
			_, _ = io.WriteString(w, "token")
			return
		}
		_, _ = io.WriteString(w, body)
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for {
		if _, err := io.WriteString(w, strings.Repeat("x", 1<<10)); err != nil {
			return
		}
	}
}

func TestSlowMetadataIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.metadata = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				time.Sleep(1900 * time.Millisecond)
				next.ServeHTTP(rw, r)
			})
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Error(err)
		}
	})
}

func TestARoleThatComesLateIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		began := time.Now()
		w.metadata = func(next http.Handler) http.Handler {
			if time.Since(began) < 20*time.Second && w.count("metadata GET /latest/meta-data/iam") > 0 {
				return http.NotFoundHandler()
			}
			return next
		}
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Error(err)
		}
	})
}

func TestTheJobComesFirstIfTheAssignmentCannotBeDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.s3 = failing(http.MethodDelete)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got := w.count("s3 DELETE"); got < 3 {
			t.Errorf("tried to delete %d times, want at least 3", got)
		}
		if got := w.lastReport(t); !got.TookJob || !strings.Contains(got.Problem, "delete the assignment") {
			t.Errorf("last report: got %+v, want a job, and the problem", got)
		}
		if !strings.Contains(w.log.String(), "the assignment is still in the bucket") {
			t.Errorf("the log does not tell:\n%s", &w.log)
		}
	})
}

func failing(method string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == method {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

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
	for name, test := range map[string]struct {
		start run.Start
		code  int
		want  string
	}{
		"exits with 7":  {func(context.Context, run.Command) (int, error) { return 7, nil }, 7, "exited with code 7 before it took a job"},
		"exits with 0":  {func(context.Context, run.Command) (int, error) { return 0, nil }, 0, "exited with code 0 before it took a job"},
		"is not there":  {func(context.Context, run.Command) (int, error) { return 0, errors.New("no such file") }, -1, "no such file"},
		"panics":        {func(context.Context, run.Command) (int, error) { panic("oh") }, -1, "the agent panicked: oh"},
		"never listens": {func(ctx context.Context, _ run.Command) (int, error) { <-ctx.Done(); return 130, nil }, 130, "no job came in 10m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.start = test.start
				err := w.live(t.Context(), t)
				if name != "never listens" {
					wantError(t, err, test.want)
				}
				if got := w.lastReport(t); got.ExitCode != test.code || got.TookJob || !strings.Contains(got.Problem, test.want) {
					t.Errorf("last report: got %+v, want exit code %d, no job, and %q", got, test.code, test.want)
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
