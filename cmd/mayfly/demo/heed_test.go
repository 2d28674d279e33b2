package demo

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

func TestWhatTheServerRefusesIsCancelledAndItsReasonIsItsLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := runner.Fork("octo/demo")
		jobs := []admin.Job{{ID: 1, State: runner.JobQueued}, {ID: 2, State: runner.JobRefused, Why: why}, {ID: 3, State: runner.JobRunning}}
		var cancelled []int64
		open := map[int64]bool{1: true, 2: true, 3: true}
		stop := heed(func() admin.Overview { return admin.Overview{Jobs: jobs} }, func(id int64) bool {
			cancelled = append(cancelled, id)
			was := open[id]
			delete(open, id)
			return was
		})
		time.Sleep(time.Second)
		entries := []localhub.JobEntry{{ID: 1, Log: "fine\n"}, {ID: 2}}
		explain(entries, stop())
		if len(cancelled) == 0 || len(open) != 2 {
			t.Errorf("got %v cancelled, want 2 alone", cancelled)
		}
		if diff := cmp.Diff([]localhub.JobEntry{{ID: 1, Log: "fine\n"}, {ID: 2, Log: "Refused: " + why.String() + "\n"}}, entries); diff != "" {
			t.Errorf("jobs (-want +got):\n%s", diff)
		}
	})
}
