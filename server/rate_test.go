package server_test

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/server"
)

func TestNoMoreAreLaunchedASecondThanTheStackMay(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.serverConfig.LaunchRate = 3
		limited, err := server.New(w.serverConfig, w.seams)
		check(t, err)
		w.queueJobs(20, small)
		w.delivered(20)
		w.runServer(limited)
		w.settle(5 * time.Minute)
		launched := w.cloud.Instances()
		for i, last := range launched {
			within := 0
			for _, other := range launched[:i+1] {
				if last.LaunchedAt.Sub(other.LaunchedAt) < 2*time.Second {
					within++
				}
			}
			// What was decided a second apart may be launched at once: a fleet call takes up to 1.2 s here.
			if within > 2*3+3 {
				t.Errorf("%d instances were launched within 2 s, 3 a second are allowed", within)
			}
		}
		if took := launched[len(launched)-1].LaunchedAt.Sub(launched[0].LaunchedAt); took < 5*time.Second {
			t.Errorf("20 instances were launched within %v, want at least (20-3)/3 s", took)
		}
	})
}
