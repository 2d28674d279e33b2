package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// A runner that cannot be started may be an error with the runner's environment in it.
func TestWhatWentWrongIsReportedWithoutTheSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		transport := w.network.Transport()
		defer transport.CloseIdleConnections()
		err := agent.Run(t.Context(), agent.Config{
			Root: w.root, Transport: transport, Masker: w.masker, Log: slog.New(secret.NewHandler(slog.NewJSONHandler(&w.log, nil), w.masker)),
			Start: func(context.Context, run.Command) (int, error) {
				return -1, errors.New("cannot start with JITCONFIG=" + canary)
			},
			PowerOff: func(context.Context, []string) error { return nil },
		})
		wantError(t, err, "cannot start")
		w.checkNoSecret(t, nil)
		reports := w.reports(t)
		if got, want := reports[len(reports)-1].Problem, "run: cannot start with JITCONFIG=***"; got != want {
			t.Errorf("the last report: got %q, want %q", got, want)
		}
		if !strings.Contains(w.log.String(), "JITCONFIG=***") {
			t.Errorf("the log: got\n%s\nwant the error, masked", w.log.String())
		}
	})
}
