package localhub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

const rerunRun = 77

// post asks for something under a repository's actions, and is the status and GitHub's words.
func (w *world) post(format string, args ...any) string {
	w.t.Helper()
	status, _, answer := w.call("POST", "/repos/"+sample+"/actions/"+fmt.Sprintf(format, args...), w.token(""), "")
	return fmt.Sprintln(status, answer["message"])
}

// again is what was run again, in the order of names: which runner took which job is chance.
func (w *world) again() []localhub.Rerun {
	return slices.SortedFunc(slices.Values(w.hub.Books().Reruns), func(a, b localhub.Rerun) int { return strings.Compare(a.Name, b.Name) })
}

func TestAJobRunsAgainUnderANewIDOnceItsRunHasEnded(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		queue := func(name string, needs ...int64) int64 {
			return w.hub.Queue(sample, localhub.Job{Name: name, RunID: rerunRun, Labels: []string{name[:1]}, Needs: needs})
		}
		runOne := func(runner, label, conclusion string) {
			_, encoded := w.jit(w.token(""), runner, label)
			<-w.run(w.t.Context(), encoded, conclusion).code
		}
		fails := queue("fails")
		queue("last", fails, queue("ends well"))
		time.Sleep(time.Second)
		if got, want := w.post("jobs/%d/rerun", fails), "403 This workflow is already running\n"; got != want {
			t.Errorf("while the run goes on: got %q, want %q", got, want)
		}
		runOne("mf-1", "f", localhub.Failure)
		runOne("mf-2", "e", localhub.Success)
		if got, want := w.post("jobs/%d/rerun", fails), "201 <nil>\n"; got != want {
			t.Errorf("once it has ended: got %q, want %q", got, want)
		}
		runOne("mf-3", "f", localhub.Success)
		runOne("mf-4", "l", localhub.Success)
		time.Sleep(time.Second)
		want := map[string][]string{
			"fails":     {"queued", "in_progress", "completed: failure", "queued", "in_progress", "completed: success"},
			"ends well": {"queued", "in_progress", "completed: success"},
			"last":      {"completed: skipped", "queued", "in_progress", "completed: success"},
		}
		if diff := cmp.Diff(want, w.told()); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		attempts := map[int]int{}
		for _, job := range w.hub.Books().Jobs {
			attempts[job.RunAttempt]++
		}
		if diff := cmp.Diff(map[int]int{1: 3, 2: 2}, attempts); diff != "" {
			t.Errorf("jobs by attempt (-want +got):\n%s", diff)
		}
		_, _, run := w.call("GET", "/repos/"+sample+"/actions/runs/77", w.token(""), "")
		_, _, listed := w.call("GET", "/repos/"+sample+"/actions/runs/77/jobs", w.token(""), "")
		if run["run_attempt"] != 2.0 || run["conclusion"] != "success" || listed["total_count"] != 3.0 {
			t.Errorf("got attempt %v, %v and %v jobs, want 2, success and 3", run["run_attempt"], run["conclusion"], listed["total_count"])
		}
		if got, want := w.post("jobs/%d/rerun", fails), "404 Not Found\n"; got != want {
			t.Errorf("a job of an earlier attempt: got %q, want %q", got, want)
		}
	})
}

func TestTheFailedJobsOfARunRunAgainAndNoOthers(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		for n, conclusion := range []string{localhub.Failure, localhub.Success, localhub.Failure} {
			w.hub.Queue(sample, localhub.Job{Name: fmt.Sprint("job ", n), RunID: rerunRun, Labels: []string{"a"}})
			w.runOne(fmt.Sprint("mf-", n), conclusion)
		}
		if got, want := w.post("runs/%d/rerun-failed-jobs", rerunRun), "201 <nil>\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		w.runOne("mf-4", localhub.Success)
		w.runOne("mf-5", localhub.Success)
		if got := w.hub.Books(); len(got.Jobs) != 5 || got.Unfinished() != 0 {
			t.Errorf("got %d jobs, %d unfinished, want 5 and 0", len(got.Jobs), got.Unfinished())
		}
		if diff := cmp.Diff([]localhub.Rerun{{RunID: rerunRun, Name: "job 0"}, {RunID: rerunRun, Name: "job 2"}}, w.again()); diff != "" {
			t.Errorf("run again (-want +got):\n%s", diff)
		}
		if got, want := w.post("runs/%d/rerun-failed-jobs", rerunRun), "403 This workflow run cannot be retried\n"; got != want {
			t.Errorf("with none failed: got %q, want %q", got, want)
		}
		if got, want := w.post("runs/1/rerun-failed-jobs"), "404 Not Found\n"; got != want {
			t.Errorf("no such run: got %q, want %q", got, want)
		}
	})
}

func TestTheWebhooksOfAJobThatDeploysSaySo(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		for name, deploys := range map[string]bool{"build": false, "deploy": true} {
			w.hub.Queue(sample, localhub.Job{Name: name, Labels: []string{"a"}, Deploys: deploys})
		}
		time.Sleep(time.Second)
		got := map[string]bool{}
		for _, webhook := range w.received() {
			body := payload(w.t, webhook.body)
			_, got[body["workflow_job"].(map[string]any)["name"].(string)] = body["deployment"]
		}
		if diff := cmp.Diff(map[string]bool{"build": false, "deploy": true}, got); diff != "" {
			t.Errorf("with a deployment (-want +got):\n%s", diff)
		}
	})
}

func TestARunThatIsQueuedAgainIsAChangeOfItsList(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		tag := func() string {
			_, header, _ := w.call("GET", "/repos/"+sample+"/actions/runs?status=queued", w.token(""), "")
			return header.Get("ETag")
		}
		id := w.hub.Queue(sample, localhub.Job{Name: "fails", RunID: rerunRun, Labels: []string{"f"}})
		first := tag()
		_, encoded := w.jit(w.token(""), "mf-1", "f")
		<-w.run(w.t.Context(), encoded, localhub.Failure).code
		if got, want := w.post("jobs/%d/rerun", id), "201 <nil>\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if again := tag(); again == first {
			t.Errorf("got the same ETag, %s, for another attempt", again)
		}
	})
}
