package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// store takes its time, and refuses what its test wants refused.
type store struct {
	slow   time.Duration
	refuse string
	put    []string
}

func (s *store) Put(ctx context.Context, key string, body []byte) error {
	r, err := assignment.DecodeReport(body)
	if err != nil {
		return err
	}
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	if key == s.refuse {
		return errors.New("refused")
	}
	s.put = append(s.put, fmt.Sprint(key, " ", r.Kind))
	return nil
}

func key(n int) string { return fmt.Sprint("report-", n) }

func sendAll(ctx context.Context, s *store, log io.Writer) {
	sender := NewSender(ctx, s, key, slog.New(slog.NewTextHandler(log, nil)))
	for _, kind := range []assignment.Kind{assignment.Listening, assignment.Started, assignment.Exited} {
		sender.Send(assignment.Report{Kind: kind})
	}
	sender.Close()
}

func TestReportsAreSentInOrderAndAfterTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := &store{slow: time.Second}
		sendAll(ctx, s, io.Discard)
		if diff := cmp.Diff([]string{"report-1 listening", "report-2 started", "report-3 exited"}, s.put); diff != "" {
			t.Errorf("reports, want - got +:\n%s", diff)
		}
	})
}

func TestALostReportIsLoggedAndTheNextIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := &store{refuse: "report-1"}
		sendAll(t.Context(), s, &log)
		if diff := cmp.Diff([]string{"report-2 started", "report-3 exited"}, s.put); diff != "" {
			t.Errorf("reports, want - got +:\n%s", diff)
		}
		if got := log.String(); !strings.Contains(got, "report=listening") || !strings.Contains(got, "refused") {
			t.Errorf("log: got %q, want which report was lost, and why", got)
		}
	})
}

func TestAReportHasFiveSecondsAndNobodyWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{slow: time.Hour}
		sender := NewSender(t.Context(), s, key, slog.New(slog.DiscardHandler))
		began := time.Now()
		for range perLife {
			sender.Send(assignment.Report{Kind: assignment.Started})
		}
		if got := time.Since(began); got != 0 {
			t.Errorf("sending took %v, want no time", got)
		}
		sender.Close()
		if got, want := time.Since(began), perLife*5*time.Second; got != want {
			t.Errorf("closing took %v, want %v", got, want)
		}
	})
}

func TestStepsAreInOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps Steps
		log := slog.New(slog.DiscardHandler)
		steps.Mark(log, runner.StepAgentStarted)
		steps.MarkAt(runner.StepInstanceLaunched, time.Now().Add(-8*time.Second))
		time.Sleep(time.Second)
		steps.Mark(log, runner.StepAssignmentRead)
		before := steps.All()
		steps.Mark(log, runner.StepAssignmentDeleted)
		var got []string
		for _, timing := range before {
			got = append(got, timing.Step)
		}
		if diff := cmp.Diff([]string{runner.StepInstanceLaunched, runner.StepAgentStarted, runner.StepAssignmentRead}, got); diff != "" {
			t.Errorf("steps, want - got +:\n%s", diff)
		}
	})
}
