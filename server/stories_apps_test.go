package server_test

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// Webhooks may come before the App's key does. Nothing is launched for them, somebody is told, and a
// minute after the App is set up all goes on, without a restart.
func TestJobsWaitUntilAnAppIsSetUp(t *testing.T) {
	var alerts told
	var client *githubapp.Client
	without := seams(func(s *server.Seams) {
		client = s.GitHub.(*githubapp.Client)
		if err := client.SetApps(nil); err != nil {
			panic(err)
		}
	})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(2, small)
		time.Sleep(30 * time.Minute)
		w.wantParked(2, runner.NoApp())
		w.wantLaunched(0)
		alerts.wantOne(t)
		check(t, client.SetApps([]githubapp.App{{ID: w.hub.App().ID, Key: w.hub.App().Key}}))
		w.settle(3 * time.Minute)
		w.wantSucceeded(2)
		w.wantLaunched(2)
	}, without, alerting(&alerts))
}
