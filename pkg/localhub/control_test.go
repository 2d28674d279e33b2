package localhub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// actions are those of the webhooks that were received; with the status, where it is another.
func (w *world) actions() []string {
	var actions []string
	for _, webhook := range w.received() {
		all := payload(w.t, webhook.body)
		action, status := all["action"].(string), all["workflow_job"].(map[string]any)["status"].(string)
		if status != action {
			action += " as " + status
		}
		actions = append(actions, action)
	}
	return actions
}

func TestAJobWithNoRunnerIsCancelledAtOnce(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		if !w.hub.Cancel(id) || w.hub.Cancel(id) || w.hub.Cancel(7) {
			t.Error("want that it is cancelled once, and nothing else")
		}
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		w.run(w.t.Context(), encoded, localhub.Success)
		if diff := cmp.Diff([]string{"queued", "completed"}, w.actions()); diff != "" {
			t.Errorf("webhooks (-want +got):\n%s", diff)
		}
		job := payload(t, w.received()[1].body)["workflow_job"].(map[string]any)
		if job["conclusion"] != "cancelled" || job["runner_name"] != nil || job["completed_at"] == nil {
			t.Errorf("got %v by %v at %v, want it cancelled, by no runner", job["conclusion"], job["runner_name"], job["completed_at"])
		}
		if w.hub.Books().Unfinished() != 0 {
			t.Error("the job is unfinished")
		}
		w.hub.Queue(sample, localhub.Job{Name: "another", Labels: []string{"a"}}) // for the runner
		time.Sleep(time.Hour)
	})
}

func TestTheRunnerOfACancelledJobIsToldToStop(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		time.Sleep(30 * time.Second)
		if !w.hub.Cancel(id) {
			t.Error("got that there is nothing to cancel")
		}
		synctest.Wait()
		if got := w.hub.Books().Jobs[0]; got.Conclusion != localhub.Cancelled || got.Completed != got.Started.Add(30*time.Second) {
			t.Errorf("got %s at %v, want it cancelled at once", got.Conclusion, got.Completed)
		}
		if got := <-runner.code; got != 0 {
			t.Errorf("exit code: got %d, want 0:\n%s", got, runner.out)
		}
	})
}

func TestAHeldJobWaitsUntilItIsApproved(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "deploy", Labels: []string{"a"}})
		if !w.hub.Hold(id) || w.hub.Hold(id) {
			t.Error("want that it is held once")
		}
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		time.Sleep(10 * time.Minute)
		if got := w.hub.Books(); got.Jobs[0].State != localhub.Waiting || got.Unfinished() != 1 {
			t.Errorf("got %s, %d unfinished, want it waiting", got.Jobs[0].State, got.Unfinished())
		}
		if !w.hub.Approve(id) || w.hub.Approve(id) {
			t.Error("want that it is approved once")
		}
		<-runner.code
		if diff := cmp.Diff([]string{"queued", "waiting", "queued", "in_progress", "completed"}, w.actions()); diff != "" {
			t.Errorf("webhooks (-want +got):\n%s", diff)
		}
	})
}

func TestAGuardedJobIsQueuedInWordOnly(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "deploy", Labels: []string{"a"}, Guarded: true})
		w.hub.Approve(id)
		if diff := cmp.Diff([]string{"queued as waiting", "waiting", "queued"}, w.actions()); diff != "" {
			t.Errorf("webhooks (-want +got):\n%s", diff)
		}
	})
}
