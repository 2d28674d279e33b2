package server_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/server/admin"
)

func TestTheViewFollowsAJobToItsEnd(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		time.Sleep(5 * time.Second) // EC2 gives the instance 8 s later
		view := w.server.View()
		if diff := cmp.Diff(admin.Now{Queued: 1, Booting: 1}, view.Now); diff != "" {
			t.Errorf("on the way (-want +got):\n%s", diff)
		}
		if got, want := view.Jobs[0].Why.String(), "a runner of its class is booting"; got != want {
			t.Errorf("got why %q, want %q", got, want)
		}
		w.settle(time.Minute)
		story, _ := w.server.Story(w.hub.Books().Jobs[0].ID)
		var steps []string
		for _, step := range story.Steps {
			steps = append(steps, step.Name)
		}
		want := []string{"webhook", "decided", "launched", "booting", "agent", "assignment", "runner", "listening", "started", "done"}
		if diff := cmp.Diff(want, steps); diff != "" {
			t.Errorf("its steps (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(admin.Now{Done: 1}, w.server.View().Now); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
	})
}

func TestAServerThatTakesOverShowsWhatTheRecordHas(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		stop := w.run()
		w.queueJobs(1, small)
		time.Sleep(5 * time.Second)
		stop()
		second := w.another("second")
		w.pass(second)
		if diff := cmp.Diff(admin.Now{Queued: 1, Booting: 1}, second.View().Now); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		w.run()
		w.settle(2 * time.Minute)
	})
}
