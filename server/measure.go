package server

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/metrics"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

const metricsPath = "/metrics"

func newMetrics() *metrics.Metrics {
	var outcomes []string
	for outcome := range webhook.Outcomes {
		outcomes = append(outcomes, string(outcome))
	}
	slices.Sort(outcomes)
	return metrics.New(outcomes)
}

// answered counts what became of a request.
func (s *Server) answered(outcome webhook.Outcome) {
	s.metrics.Observe(metrics.Webhook(string(outcome)))
	if s.seams.Count != nil {
		s.seams.Count(outcome)
	}
}

// scraped shows the metrics to whoever has the token. To all others there is nothing.
func (s *Server) scraped(c echo.Context) error {
	return s.behind(c, bears(c.Request(), s.config.MetricsToken), http.HandlerFunc(s.measured))
}

// measured answers with the metrics. How things stand is counted now: a pass has no time for what
// nobody may look at.
func (s *Server) measured(w http.ResponseWriter, r *http.Request) {
	known := s.board.Read()
	s.metrics.Stand(metrics.Stand(known.At, known.Jobs.Live, known.Runners.Live, known.Budgets))
	s.metrics.Handler().ServeHTTP(w, r)
}

// measuredFleet is a fleet whose launches are counted.
type measuredFleet struct {
	Fleet
	metrics *metrics.Metrics
}

// Launch counts what came of a launch.
func (f measuredFleet) Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	result, err := f.Fleet.Launch(ctx, request)
	f.metrics.Observe(metrics.FleetCall(request, result, err)...)
	return result, err
}
