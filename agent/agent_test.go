package agent_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

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
		for _, want := range []string{"HOME=" + w.command.Dir, "ACTIONS_RUNNER_INPUT_JITCONFIG=" + canary,
			"ACTIONS_RUNNER_HOOK_JOB_STARTED=" + w.root + "/run/mayfly-hooks/job-started.sh", "MAYFLY_REPOSITORY_ID=5"} {
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
		boot := "instance launched, kernel started, agent started, assignment read, assignment deleted, runner started, listening"
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
