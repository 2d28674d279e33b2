package localcloud_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// weather runs some traffic through a cloud with such faults, and gives its books and what it told.
func weather(t *testing.T, faults *localcloud.Faults) (books localcloud.Books, told []runner.Event) {
	synctest.Test(t, func(t *testing.T) {
		s := newStoreOf(t, localcloud.Config{
			Seed: 1, Delays: slow, Faults: faults,
			Boot: func(ctx context.Context, _ localcloud.Machine) {
				select {
				case <-ctx.Done():
				case <-time.After(10 * time.Minute):
				}
			},
		})
		server := s.as(s.ServerCredentials())
		for n, token := range tokens(30) {
			capacity := []runner.CapacityType{runner.Spot, runner.OnDemand}[n%2]
			result, _ := s.Launch(t.Context(), requestOf(capacity, token, 3))
			_, _ = s.Describe(t.Context(), runner.Query{})
			_ = s.Terminate(t.Context(), ids(result.Instances[:len(result.Instances)/2]))
			for _, instance := range result.Instances {
				_ = server.Put(t.Context(), runner.ReportKey(roleID, instance.ID, 1), nil)
			}
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Hour)
		s.Close() // ends those that never booted
		books, told = s.Books(), s.heard()
	})
	slices.SortFunc(told, compareEvents)
	return books, told
}

func TestEveryKindOfFaultHappens(t *testing.T) {
	books, _ := weather(t, localcloud.RandomFaults(7, localcloud.EveryFault(0.2)))
	for _, kind := range localcloud.FaultKinds {
		if books.Faults[kind] == 0 {
			t.Errorf("fault %s: got none", kind)
		}
	}
	for kind := range books.Faults {
		if !slices.Contains(localcloud.FaultKinds, kind) {
			t.Errorf("fault %s is not in the list of kinds", kind)
		}
	}
}

func TestEachKindHappensAlone(t *testing.T) {
	for _, kind := range localcloud.FaultKinds {
		t.Run(kind, func(t *testing.T) {
			books, _ := weather(t, localcloud.RandomFaults(7, localcloud.Rates{Of: map[string]float64{kind: 0.2}}))
			for other, count := range books.Faults {
				if other != kind {
					t.Errorf("fault %s: got %d, want none", other, count)
				}
			}
			if books.Faults[kind] == 0 {
				t.Error("it did not happen")
			}
		})
	}
}

func TestTheSameSeedHasTheSameFaults(t *testing.T) {
	books, told := weather(t, localcloud.RandomFaults(7, localcloud.EveryFault(0.2)))
	again, toldAgain := weather(t, localcloud.RandomFaults(7, localcloud.EveryFault(0.2)))
	if diff := cmp.Diff(books, again); diff != "" {
		t.Errorf("books, first - second +:\n%s", diff)
	}
	if diff := cmp.Diff(told, toldAgain); diff != "" {
		t.Errorf("events, first - second +:\n%s", diff)
	}
	other, _ := weather(t, localcloud.RandomFaults(8, localcloud.EveryFault(0.2)))
	if cmp.Equal(books, other) {
		t.Error("two seeds have the same faults")
	}
}

func TestWithNoFaultsNothingChanges(t *testing.T) {
	books, told := weather(t, nil)
	if len(books.Faults) != 0 || books.Launched != 90 {
		t.Errorf("books: got %+v, want 90 launches and no fault", books)
	}
	for name, faults := range map[string]*localcloud.Faults{
		"no hooks": {}, "no rates": localcloud.RandomFaults(7, localcloud.Rates{}),
	} {
		otherBooks, otherTold := weather(t, faults)
		if diff := cmp.Diff(books, otherBooks); diff != "" {
			t.Errorf("%s: books, none - these +:\n%s", name, diff)
		}
		if diff := cmp.Diff(told, otherTold); diff != "" {
			t.Errorf("%s: events, none - these +:\n%s", name, diff)
		}
	}
}

func TestAnOutageLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults := localcloud.RandomFaults(7, localcloud.Rates{Of: map[string]float64{localcloud.Unavailable: 0.3}, Lasting: 5 * time.Minute})
		cloud := newWorld(t, localcloud.Config{Faults: faults})
		var changes, down int
		was := ""
		for second := range 3600 {
			_, err := cloud.Describe(t.Context(), runner.Query{})
			is := ""
			if err != nil {
				is = "down"
				down++
			}
			if second > 0 && is != was {
				changes++
			}
			was = is
			time.Sleep(time.Second)
		}
		if down == 0 || down%300 != 0 {
			t.Errorf("down for %d of 3600 seconds, want some five minutes", down)
		}
		if changes > 2*down/300 {
			t.Errorf("%d changes, want outages in one piece", changes)
		}
	})
}
