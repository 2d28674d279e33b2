package localhub_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// told is what the webhooks told of each job, in order.
func (w *world) told() map[string][]string {
	all := map[string][]string{}
	for _, webhook := range w.received() {
		body := payload(w.t, webhook.body)
		job := body["workflow_job"].(map[string]any)
		what := body["action"].(string)
		if conclusion, ended := job["conclusion"].(string); ended {
			what += ": " + conclusion
		}
		all[job["name"].(string)] = append(all[job["name"].(string)], what)
	}
	return all
}

// runOne starts a runner with the label of the tests' jobs, and waits until it has ended.
func (w *world) runOne(name, conclusion string) {
	w.t.Helper()
	_, encoded := w.jit(w.token(""), name, "a")
	if got := <-w.run(w.t.Context(), encoded, conclusion).code; got != 0 {
		w.t.Errorf("%s: got exit code %d, want 0", name, got)
	}
}

func TestAJobIsNotHeardOfUntilWhatItNeedsHasSucceeded(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		const run = 77
		first := w.hub.Queue(sample, localhub.Job{Name: "first", RunID: run, Labels: []string{"a"}})
		second := w.hub.Queue(sample, localhub.Job{Name: "second", RunID: run, Labels: []string{"a"}})
		last := w.hub.Queue(sample, localhub.Job{Name: "last", RunID: run, Labels: []string{"a"}, Needs: []int64{first, second}})
		w.runOne("mf-1", localhub.Success)
		if diff := cmp.Diff([]string(nil), w.told()["last"]); diff != "" {
			t.Errorf("told with one of two needs completed (-want +got):\n%s", diff)
		}
		token := w.token("")
		status, _, _ := w.call("GET", "/repos/"+sample+"/actions/jobs/"+strconv.FormatInt(last, 10), token, "")
		_, _, listed := w.call("GET", "/repos/"+sample+"/actions/runs/77/jobs", token, "")
		if status != 404 || listed["total_count"] != 2.0 {
			t.Errorf("got %d, and %v jobs listed, want 404 and 2: GitHub does not show it yet", status, listed["total_count"])
		}
		if got, _ := w.hub.Books().Job(last); got.State != localhub.Pending || w.hub.Books().Unfinished() != 2 {
			t.Errorf("got it %s, %d jobs unfinished, want it pending, and 2", got.State, w.hub.Books().Unfinished())
		}
		time.Sleep(time.Minute)
		w.runOne("mf-2", localhub.Success)
		w.runOne("mf-3", localhub.Success)
		got, _ := w.hub.Books().Job(last)
		if diff := cmp.Diff([]string{"queued", "in_progress", "completed: success"}, w.told()["last"]); diff != "" || got.Started.Sub(got.Created) > time.Second {
			t.Errorf("created at %v, started at %v, want it queued from when it could run (-want +got):\n%s", got.Created, got.Started, diff)
		}
	})
}

func TestWhatBecomesOfAJobGoesByAllThatCameBefore(t *testing.T) {
	for _, c := range []struct {
		build     string // how the first of three jobs ends
		test, end string // when the others run, one after the other
		want      map[string][]string
	}{
		{localhub.Failure, "", "", map[string][]string{"test": {"completed: skipped"}, "end": {"completed: skipped"}}},
		{localhub.Success, localhub.OnFailure, localhub.Always, map[string][]string{"test": {"completed: skipped"}, "end": {"queued"}}},
		{localhub.Success, localhub.Never, localhub.Always, map[string][]string{"test": {"completed: skipped"}, "end": {"queued"}}},
		{localhub.Success, localhub.OnFailure, "", map[string][]string{"test": {"completed: skipped"}, "end": {"completed: skipped"}}},
		{localhub.Failure, localhub.OnSuccess, localhub.OnFailure, map[string][]string{"test": {"completed: skipped"}, "end": {"queued"}}},
		{localhub.Cancelled, localhub.OnFailure, localhub.Always, map[string][]string{"test": {"completed: skipped"}, "end": {"queued"}}},
	} {
		inWorld(t, localhub.Config{}, func(w *world) {
			build := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
			test := w.hub.Queue(sample, localhub.Job{Name: "test", Labels: []string{"b"}, Needs: []int64{build}, When: c.test})
			w.hub.Queue(sample, localhub.Job{Name: "end", Labels: []string{"c"}, Needs: []int64{test}, When: c.end})
			w.runOne("mf-1", c.build)
			got := w.told()
			delete(got, "build")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("build ends as %s, test runs on %q, end on %q (-want +got):\n%s", c.build, c.test, c.end, diff)
			}
		})
	}
}

func TestAJobThatAlwaysRunsDoesNotHideTheFailureBeforeIt(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		build := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		report := w.hub.Queue(sample, localhub.Job{Name: "report", Labels: []string{"a"}, Needs: []int64{build}, When: localhub.Always})
		w.hub.Queue(sample, localhub.Job{Name: "deploy", Labels: []string{"a"}, Needs: []int64{report}})
		w.runOne("mf-1", localhub.Failure)
		w.runOne("mf-2", localhub.Success)
		want := map[string][]string{
			"build": {"queued", "in_progress", "completed: failure"}, "report": {"queued", "in_progress", "completed: success"},
			"deploy": {"completed: skipped"},
		}
		if diff := cmp.Diff(want, w.told()); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		if w.hub.Books().Unfinished() != 0 {
			t.Error("a job is unfinished, want none")
		}
	})
}

func TestASkippedJobHadNoRunnerAndACancelledOneSkipsWhatNeedsIt(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		build := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		w.hub.Queue(sample, localhub.Job{Name: "test", Labels: []string{"a"}, Needs: []int64{build}})
		w.hub.Cancel(build)
		synctest.Wait()
		webhooks := w.received()
		job := payload(t, webhooks[len(webhooks)-1].body)["workflow_job"].(map[string]any)
		if job["name"] != "test" || job["conclusion"] != "skipped" || job["status"] != "completed" || job["runner_name"] != nil || job["completed_at"] == nil {
			t.Errorf("got %v, want test, completed as skipped, by no runner", job)
		}
	})
}
