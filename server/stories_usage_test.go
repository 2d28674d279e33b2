package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// minutes adds up what it is told.
type minutes struct {
	sum  float64
	told int
}

func (m *minutes) RunnerMinutes(_ context.Context, more float64, _ time.Time) error {
	m.sum += more
	m.told++
	return nil
}

// I-17 of the reliability notes.
func TestTheMinutesToldAreThoseThatInstancesLived(t *testing.T) {
	var meter minutes
	story(t, func(t *testing.T, w *world) {
		stop := w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 2h"})
		w.queueJobs(3, small)
		time.Sleep(time.Hour)
		stop()
		time.Sleep(10 * time.Minute) // nobody is there
		w.runServer(w.another("b"))
		w.settle(2 * time.Hour)
		time.Sleep(2 * time.Minute)

		var recorded, lived time.Duration
		for _, item := range w.record.ever() {
			if instance, is := item.(runner.Runner); is {
				recorded += instance.Stamps[runner.RunnerTerminated].Sub(instance.Since())
			}
		}
		instances := w.cloud.Instances()
		for _, instance := range instances {
			lived += instance.TerminatedAt.Sub(instance.LaunchedAt)
		}
		if diff := meter.sum - recorded.Minutes(); diff > 0.01 || diff < -0.01 {
			t.Errorf("told %.2f minutes, want the record's %.2f", meter.sum, recorded.Minutes())
		}
		if diff := meter.sum - lived.Minutes(); diff > 1 || diff < -1 || lived < 2*time.Hour {
			t.Errorf("told %.2f minutes, want the %.2f of the instances, within one", meter.sum, lived.Minutes())
		}
		if meter.told < 100 || meter.told > 120 {
			t.Errorf("told %d times, want about once in each of the 110 minutes in which a server was there", meter.told)
		}
	}, option{seams: func(s *server.Seams) { s.Usage = &meter }})
}
