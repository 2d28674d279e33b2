//go:build storm

package main_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

const seeds = 20

// TestOverTwentySeedsEveryFaultFiresAndNothingIsLost takes minutes of real time: `make storm-demo`.
func TestOverTwentySeedsEveryFaultFiresAndNothingIsLost(t *testing.T) {
	for jobs, within := range map[int]time.Duration{8: 40 * time.Second, 64: 2 * time.Minute} {
		t.Run(fmt.Sprintf("%d jobs", jobs), func(t *testing.T) {
			var mu sync.Mutex
			fired, longest := map[string]int{}, time.Duration(0)
			t.Run("seeds", func(t *testing.T) {
				for seed := 1; seed <= seeds; seed++ {
					t.Run(strconv.Itoa(seed), func(t *testing.T) {
						t.Parallel() // each is mostly waiting
						faults, took := stormy(t, jobs, seed)
						mu.Lock()
						defer mu.Unlock()
						for kind, times := range faults {
							fired[kind] += int(times.(float64))
						}
						longest = max(longest, took)
					})
				}
			})
			for _, kind := range kinds() {
				t.Logf("%-19s %5d", kind, fired[kind])
				if fired[kind] == 0 {
					t.Errorf("%s never fired over %d seeds", kind, seeds)
				}
			}
			t.Logf("the longest demo took %v", longest.Round(100*time.Millisecond))
			if longest > within {
				t.Errorf("a demo took %v, want at most %v", longest, within)
			}
		})
	}
}

// stormy is a demo with faults.
func stormy(t *testing.T, jobs, seed int) (faults map[string]any, took time.Duration) {
	t.Helper()
	began := time.Now()
	code, stdout, stderr, _ := mayfly(t, "demo", "--faults", "--json", "--jobs", strconv.Itoa(jobs), "--seed", strconv.Itoa(seed))
	took = time.Since(began)
	if code < 0 || stdout == "" {
		t.Fatalf("demo --faults --jobs %d --seed %d: got exit code %d after %v; stderr:\n%s", jobs, seed, code, took, stderr)
	}
	got := totals(t, stdout)
	if code != 0 || got["completed"] != float64(jobs) || got["lost"] != 0.0 || got["instances_left"] != 0.0 {
		t.Errorf("demo --faults --jobs %d --seed %d: got exit code %d and %s%s", jobs, seed, code, stdout, stderr)
	}
	faults, _ = got["faults"].(map[string]any)
	t.Logf("%.1f s, %v of %d succeeded, %v instances, %v calls to GitHub",
		took.Seconds(), got["succeeded"], jobs, got["instances_launched"], got["github_calls"])
	return faults, took
}

func kinds() []string {
	all := slices.Clone(localcloud.FaultKinds)
	for _, kind := range []localhub.Fault{
		localhub.WebhookLost, localhub.WebhookFailed, localhub.WebhookDuplicated, localhub.WebhookDelayed, localhub.WebhookSenderOff,
		localhub.APIError, localhub.APIBadGateway, localhub.APIAnswerLost, localhub.APILimited, localhub.APILimitedMute,
		localhub.APITooMany, localhub.APIUsedUp, localhub.APIHung, localhub.APIOutage, localhub.RunnerStolen, localhub.JobStolen,
	} {
		all = append(all, string(kind))
	}
	return all
}
