package githubapp_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// outcome is what the outcome of run 5 comes to, with the names of what failed.
func (w *world) outcome() string {
	w.t.Helper()
	o, err := w.client.Outcome(w.t.Context(), w.app, w.scope, 5)
	if err != nil {
		return err.Error()
	}
	var failed []string
	for _, job := range o.Failed {
		failed = append(failed, job.Name+": "+job.Conclusion)
	}
	return fmt.Sprintln(o.Attempt, o.Ended, o.Cancelled, strings.Join(failed, ", "))
}

func TestARunTellsItsAttemptAndWhatFailedOnceItHasEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		for i := range 101 { // two pages
			id := w.hub.Queue(sample, localhub.Job{Name: fmt.Sprint("job ", i), RunID: 5, Labels: []string{"a"}})
			if i == 70 {
				w.hub.Cancel(id)
			}
		}
		if got, want := w.outcome(), "1 false false \n"; got != want {
			t.Errorf("while it goes on: got %q, want %q", got, want)
		}
		for _, job := range w.hub.Books().Jobs {
			w.hub.Cancel(job.ID)
		}
		if got := w.outcome(); !strings.HasPrefix(got, "1 true true job 0: cancelled, ") || strings.Count(got, "cancelled") != 101 {
			t.Errorf("once it has ended: got %q, want it cancelled, with 101 jobs", got)
		}
		if used := w.hub.Books().MaxPoints; used != 1+1+2 {
			t.Errorf("the hub counted %d points, want 4", used)
		}
		if _, err := w.client.Outcome(w.t.Context(), w.app, w.scope, 6); !errors.Is(err, runner.ErrGone) {
			t.Errorf("an unknown run: got %v, want ErrGone", err)
		}
	})
}

func TestJobsRunAgainUnlessTheirRunGoesOn(t *testing.T) {
	inWorld(t, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "build", RunID: 5, Labels: []string{"a"}})
		again := func() []error {
			return []error{w.client.RerunJob(w.t.Context(), w.app, w.scope, id), w.client.RerunFailed(w.t.Context(), w.app, w.scope, 5)}
		}
		for _, err := range again() {
			if !errors.Is(err, runner.ErrNotEnded) || errors.Is(err, runner.ErrDenied) {
				t.Errorf("while the run goes on: got %v, want ErrNotEnded and not ErrDenied", err)
			}
		}
		w.hub.Cancel(id)
		if err := w.client.RerunJob(w.t.Context(), w.app, w.scope, id); err != nil {
			t.Error(err)
		}
		if got, want := w.outcome(), "2 false false \n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		w.hub.Cancel(w.hub.Books().Jobs[1].ID)
		if err := w.client.RerunFailed(w.t.Context(), w.app, w.scope, 5); err != nil {
			t.Error(err)
		}
		if got, want := w.outcome(), "3 false false \n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, err := range again()[:1] {
			if !errors.Is(err, runner.ErrGone) {
				t.Errorf("a job of an earlier attempt: got %v, want ErrGone", err)
			}
		}
	})
}

func TestWhyJobsDoNotRunAgainIsToldApart(t *testing.T) {
	inWorld(t, func(w *world) {
		got := map[int]string{}
		for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusBadGateway} {
			w.answer(status, nil, `{"message":"Resource not accessible by integration"}`)
			err := w.client.RerunJob(w.t.Context(), w.app, w.scope, 7)
			for name, class := range map[string]error{"denied": runner.ErrDenied, "gone": runner.ErrGone, "rejected": runner.ErrRejected, "not ended": runner.ErrNotEnded} {
				if errors.Is(err, class) {
					got[status] += name
				}
			}
			if err == nil {
				t.Errorf("%d: got no error", status)
			}
		}
		if diff := cmp.Diff(map[int]string{403: "denied", 404: "gone", 422: "rejected"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
