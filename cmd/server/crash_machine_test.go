//go:build crash

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/agent"
	agentrun "github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// machine is an instance that is up.
type machine struct {
	*cloud
	id         string
	launchedAt time.Time
	bootsIn    time.Duration
	stuck      bool // it does not power itself off, so that the server has to end it
}

// boot is the life of a machine: the agent's, and then to wait for its end if it is stuck. It ends with the
// context.
func (m *machine) boot(ctx context.Context) {
	select {
	case <-time.After(m.bootsIn):
	case <-ctx.Done():
		return
	}
	imds := httptest.NewServer(metadata{m.id, m.launchedAt, m.userData})
	defer imds.Close()
	wire := whileUp{http.DefaultTransport.(*http.Transport).Clone(), ctx}
	defer wire.CloseIdleConnections()
	_ = agent.Run(ctx, agent.Config{ // its error is in its report
		Endpoint: imds.URL, Transport: wire, Stdout: io.Discard, Log: slog.New(slog.DiscardHandler),
		Start: func(ctx context.Context, command agentrun.Command) (int, error) { return m.runner(ctx, wire, command) },
		PowerOff: func(ctx context.Context, _ []string) error {
			if m.stuck {
				return errors.New("systemd is stuck")
			}
			return m.terminate(ctx, m.id)
		},
	})
}

// whileUp is the network of a machine: one that is ended from outside tells nobody any more.
type whileUp struct {
	*http.Transport
	machine context.Context
}

func (w whileUp) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := w.machine.Err(); err != nil {
		return nil, err
	}
	return w.Transport.RoundTrip(r)
}

// runner is the stand-in for GitHub's, with jobs that do nothing but take their time.
func (m *machine) runner(ctx context.Context, wire http.RoundTripper, command agentrun.Command) (exitCode int, err error) {
	stand := localhub.Runner{Client: &http.Client{Transport: wire}, Out: command.Out, Execute: func(ctx context.Context, work localhub.Work) string {
		select {
		case <-m.takes(work):
			return localhub.Success
		case <-ctx.Done():
			return localhub.Cancelled
		}
	}}
	for _, variable := range command.Env {
		if config, found := strings.CutPrefix(variable, "ACTIONS_RUNNER_INPUT_JITCONFIG="); found {
			return stand.Run(ctx, config), nil
		}
	}
	return 1, errors.New("the runner got no JIT config")
}
