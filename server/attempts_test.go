package server_test

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAJobIsNotRefusedBecauseOthersTakeItsRunners(t *testing.T) {
	stolen := 0
	thief := hubFaults(localhub.Faults{StealRunner: func(localhub.RunnerEntry) bool {
		stolen++
		return stolen <= 2*runner.MaxAttempts
	}})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(10 * time.Minute)
		job := w.job(w.hub.Books().Jobs[0].ID)
		if job.State != runner.JobCompleted || job.Attempts != 1 {
			t.Errorf("after %d thefts the job is %s with %d attempts, want it completed with one", stolen-1, job.State, job.Attempts)
		}
	}, thief)
}
