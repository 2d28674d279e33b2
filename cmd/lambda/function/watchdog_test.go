package function_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// herd are instances. What is in stubborn cannot be ended.
type herd struct {
	seen     []runner.Seen
	unseen   error
	stubborn string
	calls    [][]string
}

func (h *herd) Describe(_ context.Context, query runner.Query) ([]runner.Seen, error) {
	if query.Launch != "" || len(query.Instances) > 0 {
		return nil, fmt.Errorf("asked for %+v, want all of the stack", query)
	}
	return h.seen, h.unseen
}

func (h *herd) Terminate(_ context.Context, ids []string) error {
	h.calls = append(h.calls, ids)
	if slices.Contains(ids, h.stubborn) {
		return fmt.Errorf("refused: %w", runner.ErrOneRefused)
	}
	return nil
}

func seen(id, state string, age time.Duration) runner.Seen {
	return runner.Seen{Instance: runner.Instance{ID: id}, State: state, LaunchedAt: time.Now().Add(-age).UTC()}
}

const horizon = 12*time.Hour + function.Grace

func watchdog(h *herd, log *strings.Builder) function.Watchdog {
	return function.Watchdog{Instances: h, MaxRuntime: 12 * time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))}
}

func TestTheWatchdogEndsWhatHasOverstayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &herd{seen: []runner.Seen{
			seen("i-gone", "terminated", 2*horizon), seen("i-going", "shutting-down", 2*horizon),
			seen("i-old", "running", horizon), seen("i-stopped", "stopped", horizon+time.Hour), seen("i-pending", "pending", horizon+time.Hour),
			seen("i-young", "running", horizon-time.Second),
		}}
		var log strings.Builder
		if err := watchdog(h, &log).Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{{"i-old", "i-stopped", "i-pending"}}, h.calls); diff != "" {
			t.Errorf("ended, want - got +:\n%s", diff)
		}
		if got, want := strings.Count(log.String(), "level=WARN"), 3; got != want {
			t.Errorf("got %d warnings, want %d:\n%s", got, want, &log)
		}
	})
}

func TestTheWatchdogCallsNobodyIfNothingHasOverstayed(t *testing.T) {
	h := &herd{seen: []runner.Seen{seen("i-young", "running", time.Hour)}}
	if err := watchdog(h, &strings.Builder{}).Watch(t.Context()); err != nil || len(h.calls) > 0 {
		t.Errorf("got %v and calls %v, want none", err, h.calls)
	}
}

func TestAnInstanceThatCannotBeEndedKeepsNoOtherAlive(t *testing.T) {
	h := &herd{stubborn: "i-2", seen: []runner.Seen{seen("i-1", "running", 2*horizon), seen("i-2", "running", 2*horizon), seen("i-3", "running", 2*horizon)}}
	err := watchdog(h, &strings.Builder{}).Watch(t.Context())
	if !errors.Is(err, runner.ErrOneRefused) || !strings.Contains(err.Error(), "i-2") {
		t.Errorf("got %v, want an error that names i-2", err)
	}
	if diff := cmp.Diff([][]string{{"i-1", "i-2", "i-3"}, {"i-1"}, {"i-2"}, {"i-3"}}, h.calls); diff != "" {
		t.Errorf("calls, want - got +:\n%s", diff)
	}
}

func TestManyInstancesAreEndedAThousandAtATime(t *testing.T) {
	h := &herd{}
	for n := range 2500 {
		h.seen = append(h.seen, seen(fmt.Sprintf("i-%d", n), "running", 2*horizon))
	}
	if err := watchdog(h, &strings.Builder{}).Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, call := range h.calls {
		got = append(got, len(call))
	}
	if want := []int{1000, 1000, 500}; !slices.Equal(got, want) {
		t.Errorf("got calls of %v, want %v", got, want)
	}
}

func TestAWatchdogThatSeesNothingSaysSo(t *testing.T) {
	h := &herd{unseen: errors.New("EC2 is down")}
	if err := watchdog(h, &strings.Builder{}).Watch(t.Context()); !errors.Is(err, h.unseen) {
		t.Errorf("got %v, want %v", err, h.unseen)
	}
}
