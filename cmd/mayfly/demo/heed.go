package demo

import (
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

// heed cancels on GitHub what the server has refused, as somebody does who has read why: on GitHub, it
// would wait for a day, and all that needs it too. Stop ends that, and has the reasons by job.
func heed(view func() admin.Overview, cancel func(job int64) bool) (stop func() map[int64]string) {
	reasons := map[int64]string{}
	rest := again(func() {
		for _, job := range view().Jobs {
			if job.State == runner.JobRefused && cancel(job.ID) {
				reasons[job.ID] = job.Why.String()
			}
		}
	})
	return func() map[int64]string {
		rest()
		return reasons
	}
}

// explain writes the reasons into the logs of jobs that never ran.
func explain(jobs []localhub.JobEntry, reasons map[int64]string) {
	for i, job := range jobs {
		if why := reasons[job.ID]; why != "" {
			jobs[i].Log = "Refused: " + why + "\n"
		}
	}
}
