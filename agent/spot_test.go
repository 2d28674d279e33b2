package agent_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// longJob is a runner that gets its job at once. It takes so long, and fails when the runner is to end.
func longJob(takes time.Duration) run.Start {
	return func(ctx context.Context, command run.Command) (int, error) {
		say(command.Out, "Listening for Jobs")
		say(command.Out, "Running job: build")
		result := "Succeeded"
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			result = "Failed"
		}
		say(command.Out, "Job build completed with result: "+result)
		return 0, nil
	}
}

func TestARunnerIsToldThatEC2TakesItsInstanceBack(t *testing.T) {
	idles := []assignment.Kind{assignment.Listening, assignment.Interrupted, assignment.Exited}
	works := []assignment.Kind{assignment.Listening, assignment.Started, assignment.Interrupted, assignment.Exited}
	for name, test := range map[string]struct {
		start       run.Start
		least, most time.Duration // from the notice to the runner's end
		kinds       []assignment.Kind
		result      string
		annotation  string // in the job's log
	}{
		"while it idles":           {listens, 0, 6 * time.Second, idles, "", ""},
		"while it works":           {longJob(time.Hour), 94 * time.Second, 95 * time.Second, works, "Failed", "::error title=EC2 took"},
		"and its job ends in time": {longJob(2 * time.Minute), time.Minute, time.Minute, works, "Succeeded", "::warning title=EC2 takes"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.start = test.start
				var noticed, ended time.Time
				w.start = func(ctx context.Context, command run.Command) (int, error) {
					time.AfterFunc(time.Minute, func() {
						noticed = time.Now()
						w.cloud.Interrupt(w.Instance)
					})
					code, err := test.start(ctx, command)
					ended = time.Now()
					return code, err
				}
				if err := w.live(t.Context(), t); err != nil {
					t.Errorf("an interruption is no error of the agent's: %v", err)
				}
				if got := ended.Sub(noticed).Truncate(time.Second); got < test.least || got > test.most {
					t.Errorf("the runner ended %v after the notice, want %v to %v", got, test.least, test.most)
				}
				reports := w.reports(t)
				var kinds []assignment.Kind
				for _, report := range reports {
					kinds = append(kinds, report.Kind)
				}
				if diff := cmp.Diff(test.kinds, kinds); diff != "" {
					t.Fatalf("reports, want - got +:\n%s", diff)
				}
				told := reports[len(reports)-2]
				if late := told.At.Sub(noticed); late > 6*time.Second || !strings.HasPrefix(told.Problem, "terminate at ") {
					t.Errorf("told %v after the notice: %q, want at most 6 s, and what EC2 said", late, told.Problem)
				}
				if got := reports[len(reports)-1].Result; got != test.result {
					t.Errorf("the job ended as %q, want %q", got, test.result)
				}
				if body, _ := os.ReadFile(w.root + "/run/mayfly-hooks/annotation"); !strings.HasPrefix(string(body), test.annotation) || (len(body) > 0) != (test.annotation != "") {
					t.Errorf("the job's log gets %q, want %q", body, test.annotation)
				}
				if got, want := w.events[len(w.events)-1], "poweroff now"; got != want {
					t.Errorf("at last: got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestNoticesAreLookedForOverOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.start = longJob(29 * time.Minute)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, poll := range w.polls {
			counts[poll]++
		}
		if got := counts["poll connection"]; got > 3 { // the boot asks for two things at a time
			t.Errorf("%d connections to the metadata, want that they are kept", got)
		}
		// A token lives for five minutes, and is renewed a little before its end.
		if got := counts["poll PUT /latest/api/token"]; got < 6 || got > 7 {
			t.Errorf("%d tokens in 29 min, want 6 or 7", got)
		}
		for _, path := range []string{"spot/instance-action", "events/recommendations/rebalance"} {
			if got := counts["poll GET /latest/meta-data/"+path]; got < 300 || got > 400 {
				t.Errorf("%s: looked for %d times in 29 min, want once in 5 s", path, got)
			}
		}
	})
}

func TestMetadataThatIsSwitchedOffIsNotLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := orders
		off.Door = assignment.DoorOff
		body, err := assignment.EncodeUserData(off)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, body)
		w.assign(t)
		w.start = longJob(5 * time.Minute)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(w.polls, func(poll string) bool { return strings.HasPrefix(poll, "poll GET") }) {
			t.Errorf("it was looked at: %q", w.polls)
		}
	})
}

func TestMetadataThatIsGoneEndsNoJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.start = longJob(5 * time.Minute)
		w.metadata = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if w.count("start") > 0 {
					http.Error(rw, "disabled", http.StatusForbidden)
					return
				}
				next.ServeHTTP(rw, r)
			})
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Error(err)
		}
		if got := strings.Count(w.log.String(), "spot notices cannot be read"); got != 1 {
			t.Errorf("got %d lines in the log, want one", got)
		}
		if got := w.lastReport(t); got.Result != "Succeeded" {
			t.Errorf("the job ended as %q, want that it succeeded", got.Result)
		}
	})
}

func TestARunnerThatUpdatesItselfStillGetsItsJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		starts := 0
		w.start = func(ctx context.Context, command run.Command) (int, error) {
			if starts++; starts == 1 {
				time.Sleep(time.Second)
				say(command.Out, "Listening for Jobs")
				_, _ = command.Out.Write([]byte("Runner update in progress, do not shutdown runner.\n"))
				time.Sleep(7 * time.Minute)
				return 4, nil
			}
			return oneJob(ctx, command)
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got := w.lastReport(t); !got.TookJob || got.Updates != 1 || got.Result != "Succeeded" {
			t.Errorf("last report: got %+v, want a job that succeeded after one update", got)
		}
		if !slices.Contains(w.command.Env, "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1") {
			t.Error("the runner is not told to say by its exit code that its version is refused")
		}
	})
}
