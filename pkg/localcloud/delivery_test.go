package localcloud_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// onState is a delivery of the word of one state, and of no other.
func onState(state string, way localcloud.Delivery) localcloud.Faults {
	return localcloud.Faults{Delivery: func(event runner.Event) localcloud.Delivery {
		if event.Instance != nil && event.Instance.State == state {
			return way
		}
		return localcloud.Delivery{}
	}}
}

func TestEventsMayBeLostDoubledAndOvertaken(t *testing.T) {
	for name, test := range map[string]struct {
		way    localcloud.Delivery
		story  []string
		faults map[string]int
	}{
		"lost":    {localcloud.Delivery{Lost: true}, []string{"pending", "shutting-down", "terminated"}, map[string]int{"event_lost": 1}},
		"doubled": {localcloud.Delivery{Duplicated: true}, []string{"pending", "running", "running", "shutting-down", "terminated"}, map[string]int{"event_duplicated": 1}},
		"delayed": {localcloud.Delivery{Delay: time.Hour}, []string{"pending", "shutting-down", "terminated", "running"}, map[string]int{"event_delayed": 1}},
		"its copy delayed": {localcloud.Delivery{Duplicated: true, Delay: time.Hour}, []string{"pending", "running", "shutting-down", "terminated", "running"},
			map[string]int{"event_duplicated": 1, "event_delayed": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				faults := onState("running", test.way)
				cloud := newWorld(t, localcloud.Config{Faults: &faults, Boot: func(context.Context, localcloud.Machine) { time.Sleep(time.Minute) }})
				id := cloud.launch(t, "a", 1)[0].ID
				time.Sleep(2 * time.Hour)
				if diff := cmp.Diff(test.story, cloud.story(id)); diff != "" {
					t.Errorf("states told, want - got +:\n%s", diff)
				}
				cloud.wantFaults(t, test.faults)
			})
		})
	}
}

func TestTheWordOfAReportMayBeLostAndTheReportIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStoreOf(t, localcloud.Config{Faults: &localcloud.Faults{Delivery: func(event runner.Event) localcloud.Delivery {
			return localcloud.Delivery{Lost: event.Object != nil}
		}}})
		machine := s.boot(t, "a")
		key := runner.ReportKey(roleID, machine.Instance.ID, 1)
		mustPut(t, s.as(s.role(t, machine)), key, "listening")
		synctest.Wait()
		if slices.ContainsFunc(s.heard(), func(event runner.Event) bool { return event.Object != nil }) {
			t.Error("the report was told of")
		}
		if body, err := s.as(s.ServerCredentials()).Get(t.Context(), key); err != nil || string(body) != "listening" {
			t.Errorf("the report: got %q, %v, want it there", body, err)
		}
		s.wantFaults(t, map[string]int{localcloud.ReportLost: 1})
	})
}

func TestS3MayBeUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(time.Minute)
		s := newStoreOf(t, localcloud.Config{Faults: &localcloud.Faults{S3: func(string, string) bool { return time.Now().Before(until) }}})
		b := s.as(s.ServerCredentials())
		_, getting := b.Get(t.Context(), "key")
		for verb, err := range map[string]error{"put": b.Put(t.Context(), "key", nil), "get": getting, "delete": b.Delete(t.Context(), "key")} {
			if err == nil || errors.Is(err, bucket.ErrNotFound) {
				t.Errorf("%s: got %v, want that S3 is unavailable", verb, err)
			}
		}
		s.wantFaults(t, map[string]int{localcloud.S3Unavailable: 9}) // the SDK tries three times
		time.Sleep(time.Minute)
		mustPut(t, b, "key", "text")
	})
}
