package agent_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent/run"
)

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

func change(field string, value any) func(*testing.T, []byte) []byte {
	return func(t *testing.T, body []byte) []byte { t.Helper(); return edited(t, body, field, value) }
}

func TestUserDataThatIsWrongEndsTheInstance(t *testing.T) {
	good := userData(t)
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"none":          {nil, "read the user data"},
		"garbage":       {[]byte("#!/bin/sh\n"), `0 lines begin with "# mayfly "`},
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

func TestALateAssignmentIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		began := time.Now()
		var started time.Duration
		w.start = func(ctx context.Context, command run.Command) (int, error) {
			started = time.Since(began)
			return oneJob(ctx, command)
		}
		go func() {
			time.Sleep(4*time.Minute + 30*time.Second)
			w.assign(t)
		}()
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if started < 4*time.Minute+30*time.Second || started > 4*time.Minute+32*time.Second {
			t.Errorf("the runner started after %v, want within 2s of the assignment's 4m30s", started)
		}
		if got := w.count("s3 GET"); got < 135 || got > 145 {
			t.Errorf("polls: got %d, want one every 2s and a few more at first", got)
		}
		if got, want := w.count("metadata"), 5; got != want {
			t.Errorf("metadata requests: got %d, want %d", got, want)
		}
	})
}

func TestAnAssignmentThatNeverComesEndsTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		began := time.Now()
		w.mustFail(t, "take the assignment: read the assignment: context deadline exceeded")
		if got, want := time.Since(began).Round(time.Second), 5*time.Minute; got != want {
			t.Errorf("waited %v, want %v", got, want)
		}
		w.mustEndUnstarted(t)
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
