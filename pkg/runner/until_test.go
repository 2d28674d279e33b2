package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestNothingBeginsOnceTheTimeIsOverOrTheProcessIsToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaving := make(chan struct{})
		until := runner.Until{Deadline: time.Now().Add(time.Minute), Leaving: leaving}
		bound, cancel := until.Bound(t.Context())
		defer cancel()
		forever := runner.Until{Deadline: until.Deadline}
		if until.Over() || bound.Err() != nil {
			t.Error("it is over at once, want a minute later")
		}
		close(leaving)
		synctest.Wait()
		if !until.Over() || bound.Err() == nil {
			t.Errorf("the process is to end: got over %v, the context's error %v, want it over", until.Over(), bound.Err())
		}
		if forever.Over() {
			t.Error("it is over where no process is to end")
		}
		time.Sleep(time.Minute)
		if !forever.Over() {
			t.Error("it is not over at its deadline")
		}
	})
}
