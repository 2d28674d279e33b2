package localhub_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

func TestAQueuedJobIsRunByARunnerAndTheBooksTellIt(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		began := time.Now()
		id := w.hub.Queue(sample, localhub.Job{
			Name: "build", Workflow: "CI", Labels: []string{"Mayfly", "x64"},
			Env: map[string]string{"WHO": "world"}, Steps: []localhub.Step{{Name: "greet", Run: "echo hello"}},
		})
		time.Sleep(3 * time.Minute) // the runner comes late, and polls more than once
		_, encoded := w.jit(w.token(""), "mf-1", "mayfly", "X64", "linux")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		if got := <-runner.code; got != 0 {
			t.Errorf("exit code: got %d, want 0:\n%s", got, runner.out)
		}
		synctest.Wait()

		books := w.hub.Books()
		want := []localhub.JobEntry{{
			ID: id, RunAttempt: 1, RunID: books.Jobs[0].RunID, Repository: sample, Name: "build", Labels: []string{"Mayfly", "x64"}, State: localhub.Completed,
			Created: began, Started: began.Add(3 * time.Minute), Completed: began.Add(4 * time.Minute),
			RunnerName: "mf-1", Conclusion: localhub.Success, Log: "echo hello world\n",
		}}
		if diff := cmp.Diff(want, books.Jobs); diff != "" {
			t.Errorf("jobs (-want +got):\n%s", diff)
		}
		if got, want := books.Deliveries, (localhub.Deliveries{OK: 3}); got != want {
			t.Errorf("deliveries: got %+v, want %+v", got, want)
		}
		if len(books.Runners) != 0 {
			t.Errorf("runners: got %+v, want none: an ephemeral runner is removed after its job", books.Runners)
		}
		wantLines := "\n√ Connected to GitHub\n\n" +
			"2000-01-01 00:03:00Z: Listening for Jobs\n2000-01-01 00:03:00Z: Running job: build\n" +
			"2000-01-01 00:04:00Z: Job build completed with result: Succeeded\n"
		if diff := cmp.Diff(wantLines, runner.out.String()); diff != "" {
			t.Errorf("output (-want +got):\n%s", diff)
		}
	})
}

func TestARunnerWaitsThroughManyPolls(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Failure)
		time.Sleep(59 * time.Minute)
		w.hub.Queue(sample, localhub.Job{Name: "late", Labels: []string{"a"}})
		<-runner.code
		if got, want := runner.out.String(), "Job late completed with result: Failed"; !strings.Contains(got, want) {
			t.Errorf("output: got %q, want it to hold %q", got, want)
		}
		if got := w.hub.Books().Concluded(localhub.Failure); got != 1 {
			t.Errorf("failed jobs: got %d, want 1", got)
		}
	})
}

func TestASecondSessionWithTheSameConfigIsRefused(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		ctx, stop := context.WithCancel(w.t.Context())
		first := w.run(ctx, encoded, localhub.Success)
		synctest.Wait()
		second := w.run(ctx, encoded, localhub.Success)
		if got := <-second.code; got != 1 {
			t.Errorf("exit code of the second: got %d, want 1", got)
		}
		if got := w.hub.Books().Runners; len(got) != 1 || !got[0].Online {
			t.Errorf("runners: got %+v, want the first, online", got)
		}
		stop()
		if got := <-first.code; got != 0 {
			t.Errorf("exit code of the first, told to stop: got %d, want 0", got)
		}
		if got := w.hub.Books().Runners; len(got) != 1 || got[0].Online {
			t.Errorf("runners: got %+v, want the first, offline", got)
		}
		w.hub.Queue(sample, localhub.Job{Name: "a", Labels: []string{"a"}})
		if got := w.hub.Books().Jobs[0].State; got != localhub.Queued {
			t.Errorf("job: got %q, want queued, for the only runner is offline", got)
		}
	})
}

func TestARunnerThatIsRemovedEnds(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		id, encoded := w.jit(token, "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		synctest.Wait()
		if status, _, _ := w.call("DELETE", fmt.Sprint(runnersPath, "/", id), token, ""); status != http.StatusNoContent {
			t.Fatalf("remove: got %d, want 204", status)
		}
		if got := <-runner.code; got != 1 {
			t.Errorf("exit code: got %d, want 1", got)
		}
		if got, want := runner.out.String(), "deleted from the server"; !strings.Contains(got, want) {
			t.Errorf("output: got %q, want it to hold %q", got, want)
		}
		id, encoded = w.jit(token, "mf-2", "a")
		w.call("DELETE", fmt.Sprint(runnersPath, "/", id), token, "")
		late := w.run(w.t.Context(), encoded, localhub.Success)
		if got := <-late.code; got != 1 {
			t.Errorf("exit code of a late start: got %d, want 1", got)
		}
	})
}

func TestABusyRunnerIsNotRemovedAndAStoppedOneReports(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		id, encoded := w.jit(token, "mf-1", "a")
		ctx, stop := context.WithCancel(w.t.Context())
		runner := w.run(ctx, encoded, localhub.Cancelled)
		w.hub.Queue(sample, localhub.Job{Name: "long", Labels: []string{"a"}})
		synctest.Wait()
		if status, _, _ := w.call("DELETE", fmt.Sprint(runnersPath, "/", id), token, ""); status != http.StatusUnprocessableEntity {
			t.Errorf("remove a busy runner: got %d, want 422", status)
		}
		stop()
		began := time.Now()
		if got := <-runner.code; got != 0 || time.Since(began) != 0 {
			t.Errorf("got exit code %d after %v, want 0 at once:\n%s", got, time.Since(began), runner.out)
		}
		if got := w.hub.Books().Concluded(localhub.Failure); got != 1 {
			t.Errorf("failed jobs: got %d, want 1: nobody cancelled it", got)
		}
	})
}

func TestCloseEndsAPoll(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		synctest.Wait()
		began := time.Now()
		w.hub.Close()
		if got := <-runner.code; got != 1 || time.Since(began) != 0 {
			t.Errorf("got exit code %d after %v, want 1 at once", got, time.Since(began))
		}
	})
}

func TestAConfigThatIsNotTheHubsIsRefused(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		for _, encoded := range []string{"", "canary!", "Y2FuYXJ5", "eyJ1cmwiOiJodHRwOi8vaHViIiwic2VjcmV0IjoiY2FuYXJ5In0="} {
			runner := w.run(w.t.Context(), encoded, localhub.Success)
			if got := <-runner.code; got != 1 {
				t.Errorf("%q: got exit code %d, want 1", encoded, got)
			}
			if strings.Contains(runner.out.String(), "canary") {
				t.Errorf("%q: the output tells it: %s", encoded, runner.out)
			}
		}
	})
}

func TestChangedWakesWhoeverWaitsForTheLastJob(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		for i := range 3 {
			w.hub.Queue(sample, localhub.Job{Name: fmt.Sprint("job ", i), Labels: []string{"a"}})
			_, encoded := w.jit(w.token(""), fmt.Sprint("mf-", i), "a")
			w.run(w.t.Context(), encoded, localhub.Success)
		}
		began := time.Now()
		for changed := w.hub.Changed(); w.hub.Books().Unfinished() > 0; changed = w.hub.Changed() {
			<-changed
		}
		if got, want := time.Since(began), time.Minute; got != want {
			t.Errorf("waited %v, want %v", got, want)
		}
		synctest.Wait()
	})
}

func TestAPlantedSecretIsNowhereButInTheConfig(t *testing.T) {
	const canary = "canary-8e2d"
	var log bytes.Buffer
	config := localhub.Config{JITSecret: func() string { return canary }, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	inWorld(t, config, func(w *world) {
		token := w.token("")
		for i := range 2 { // with the same secret, each is still its own
			w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}, Steps: []localhub.Step{{Run: "true"}}})
			_, encoded := w.jit(token, fmt.Sprint("mf-", i), "a")
			if config, _ := base64.StdEncoding.DecodeString(encoded); !strings.Contains(string(config), canary) {
				t.Errorf("the config is %s, want it to hold the secret", config)
			}
			runner := w.run(w.t.Context(), encoded, localhub.Success)
			if got := <-runner.code; got != 0 {
				t.Errorf("exit code: got %d, want 0:\n%s", got, runner.out)
			}
			log.WriteString(runner.out.String())
		}
		books := w.hub.Books()
		if got, want := books.TotalCalls, 3; got != want {
			t.Errorf("API calls: got %d, want %d, for runners' requests are none: %v", got, want, books.Calls)
		}
		fmt.Fprintf(&log, "%+v", books)
		for _, webhook := range w.received() {
			log.Write(webhook.body)
		}
	})
	for _, secret := range []string{canary, "ghs_"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q was told:\n%s", secret, log.String())
		}
	}
}

func TestARunnerIsToldAllOfItsJob(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		job := localhub.Job{
			Name: "build", Labels: []string{"a"}, Env: map[string]string{"WHO": "world"}, Timeout: time.Hour,
			Steps: []localhub.Step{{
				Name: "greet", Run: "echo hello", NotHere: "why", Shell: "sh", WorkingDirectory: "sub", Env: map[string]string{"A": "b"},
				When: localhub.Always, Timeout: time.Minute, ContinueOnError: true,
			}},
		}
		id := w.hub.Queue(sample, job)
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		var got localhub.Work
		runner := localhub.Runner{Client: w.client, Out: io.Discard, Execute: func(_ context.Context, work localhub.Work) string {
			got = work
			return localhub.Success
		}}
		if code := runner.Run(w.t.Context(), encoded); code != 0 {
			t.Fatalf("got exit code %d, want 0", code)
		}
		got.Log = nil
		want := localhub.Work{JobID: id, Name: job.Name, Env: job.Env, Timeout: job.Timeout, Steps: job.Steps}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("work (-want +got):\n%s", diff)
		}
	})
}

func TestOfALogThatNeverEndsTheBeginningIsKept(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "loud", Labels: []string{"a"}})
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := localhub.Runner{Client: w.client, Out: io.Discard, Execute: func(_ context.Context, work localhub.Work) string {
			for range 40 {
				if _, err := work.Log.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					t.Error(err)
				}
			}
			return localhub.Success
		}}
		if code := runner.Run(w.t.Context(), encoded); code != 0 {
			t.Fatalf("got exit code %d, want 0", code)
		}
		job, _ := w.hub.Books().Job(id)
		if got, most := len(job.Log), 34<<20; got > most || !strings.HasSuffix(job.Log, "x\n(What came after this is not kept.)\n") {
			t.Errorf("got a log of %d bytes, want at most %d, and that there was more", got, most)
		}
	})
}
