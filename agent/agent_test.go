package agent_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

func TestOneJobOnOneInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		slices.Sort(w.events[2:5]) // the user data and the credentials are read at the same time
		want := []string{
			"metadata PUT /latest/api/token",
			"metadata GET /latest/dynamic/instance-identity/document",
			"metadata GET /latest/meta-data/iam/security-credentials/",
			"metadata GET /latest/meta-data/iam/security-credentials/mayfly-runner",
			"metadata GET /latest/user-data",
			"s3 GET /ci-bucket/runners/ROLE:INSTANCE/assignment.json",
			"s3 DELETE /ci-bucket/runners/ROLE:INSTANCE/assignment.json",
			"start",
			"s3 PUT /ci-bucket/reports/ROLE:INSTANCE/001.json",
			"s3 PUT /ci-bucket/reports/ROLE:INSTANCE/002.json",
			"s3 PUT /ci-bucket/reports/ROLE:INSTANCE/003.json",
			"poweroff now",
		}
		if diff := cmp.Diff(want, w.events); diff != "" {
			t.Errorf("what happened, want - got +:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"/opt/runner/run.sh"}, w.command.Args); diff != "" {
			t.Errorf("argv, want - got +:\n%s", diff)
		}
		for _, want := range []string{"HOME=" + w.command.Dir, "ACTIONS_RUNNER_INPUT_JITCONFIG=" + canary} {
			if !slices.Contains(w.command.Env, want) {
				t.Errorf("the runner's environment lacks %s", want)
			}
		}
	})
}

func TestReportsTellWhatHappenedAndWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		type told struct {
			Kind  assignment.Kind
			After time.Duration // since the launch
			Steps string
		}
		var got []told
		for _, r := range w.reports(t) {
			var steps []string
			for _, timing := range r.Timings {
				steps = append(steps, timing.Step)
			}
			got = append(got, told{r.Kind, r.At.Sub(w.machine.LaunchedAt).Truncate(time.Second), strings.Join(steps, ", ")})
		}
		boot := "instance launched, agent started, assignment read, assignment deleted, runner started, listening"
		booted := time.Since(w.machine.LaunchedAt).Truncate(time.Second) - 33*time.Second
		want := []told{
			{assignment.Listening, booted + time.Second, boot},
			{assignment.Started, booted + 3*time.Second, boot + ", job started"},
			{assignment.Exited, booted + 33*time.Second, boot + ", job started, job done"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reports, want - got +:\n%s", diff)
		}
		last := w.lastReport(t)
		if last.ExitCode != 0 || !last.TookJob || last.Problem != "" {
			t.Errorf("last report: got %+v, want exit code 0, a job, no problem", last)
		}
		if got, want := strings.Count(w.stdout.String(), "\n"), 3; got != want {
			t.Errorf("the runner's output: got %d lines, want %d:\n%s", got, want, &w.stdout)
		}
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

func TestATerminatedAgentStillReportsAndPowersOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.start = listens
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		err := w.live(ctx, t)
		wantError(t, err, "the runner was stopped before it took a job: context canceled")
		if got := w.lastReport(t); got.ExitCode != 130 || got.TookJob || !strings.Contains(got.Problem, "stopped") {
			t.Errorf("last report: got %+v, want exit code 130, no job, and why", got)
		}
		if got, want := w.count("poweroff now"), 1; got != want {
			t.Errorf("powered off %d times, want %d", got, want)
		}
	})
}
