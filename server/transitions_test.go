package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestALateReportOfAnInstanceThatIsGoneIsNoNewEndOfIt(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.queueJobs(1, small)
		w.run()
		w.settle(time.Minute)
		instance := w.instanceOf(w.hub.Books().Jobs[0].RunnerName).Instance
		body, err := json.Marshal(runner.Event{
			ID: "late", At: time.Now(), Source: runner.SourceS3,
			Object: &runner.ObjectEvent{Bucket: "control", Key: runner.ReportKey(roleID, instance, 1)},
		})
		check(t, err)
		w.event(body)
		time.Sleep(time.Minute)
		if got := strings.Count(w.log.String(), `"msg":"runner terminated"`); got != 1 {
			t.Errorf("the log tells %d times that the instance is terminated, want once", got)
		}
	})
}
