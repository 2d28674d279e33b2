package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

const metricsKey = "a metrics token of at least 32 bytes"

// scrape asks a handler for its metrics.
func scrape(t *testing.T, handler http.Handler, authorization string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://server:80/metrics", http.NoBody)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func TestMetricsAreForWhoeverHasTheToken(t *testing.T) {
	closed, open := newFront(t, server.Config{}), newFront(t, server.Config{MetricsToken: secret.New(metricsKey)})
	for name, test := range map[string]struct {
		front         *front
		authorization string
		want          int
	}{
		"the token":               {open, "Bearer " + metricsKey, http.StatusOK},
		"none":                    {open, "", http.StatusNotFound},
		"another":                 {open, "Bearer " + strings.Repeat("x", len(metricsKey)), http.StatusNotFound},
		"its beginning":           {open, "Bearer " + metricsKey[:32], http.StatusNotFound},
		"in another scheme":       {open, "Basic " + metricsKey, http.StatusNotFound},
		"an empty one":            {open, "Bearer ", http.StatusNotFound},
		"an empty one, and no":    {closed, "Bearer ", http.StatusNotFound},
		"the token where none is": {closed, "Bearer " + metricsKey, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			answer := scrape(t, test.front.handler, test.authorization)
			if answer.Code != test.want || (answer.Body.Len() > 0) != (test.want == http.StatusOK) {
				t.Errorf("got %d and %d bytes, want %d", answer.Code, answer.Body.Len(), test.want)
			}
			if strings.Contains(test.front.log.String(), metricsKey) {
				t.Error("the token is in the log")
			}
		})
	}
}

func TestMetricsTellAStory(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(2, small)
		w.queueJobs(1, "mayfly=1/runner=nonsense")
		time.Sleep(time.Minute)
		w.hub.Cancel(w.hub.Books().Jobs[2].ID)
		w.settle(time.Hour)
		page := scrape(t, w.server.Handler(), "Bearer "+metricsKey).Body.String()
		for _, want := range []string{
			`mayfly_internal_queue_duration_seconds_count 2`,
			`mayfly_overall_queue_duration_seconds_count 2`,
			`mayfly_phase_duration_seconds_count{phase="decided"} 2`,
			`mayfly_phase_duration_seconds_count{phase="launched"} 2`,
			`mayfly_phase_duration_seconds_count{phase="booting"} 2`,
			`mayfly_phase_duration_seconds_count{phase="agent"} 2`,
			`mayfly_phase_duration_seconds_count{phase="listening"} 2`,
			`mayfly_phase_duration_seconds_count{phase="started"} 2`,
			`mayfly_phase_duration_seconds_count{phase="terminated"} 2`,
			`mayfly_job_duration_seconds_sum{conclusion="success"} 40`,
			`mayfly_job_transitions_total{reason_kind="bad_label",state="refused"} 1`,
			`mayfly_instances_launched_total{capacity_type="on-demand"} 2`,
			`mayfly_webhooks_total{outcome="bad_signature"} 0`,
			`mayfly_runners{state="busy"} 0`,
			`mayfly_jobs{state="queued"} 0`,
			`mayfly_ec2_tokens{bucket="fleet_calls"} 50`,
			`mayfly_pass_duration_seconds_count{outcome="failed"} 0`,
		} {
			if !strings.Contains(page, want+"\n") {
				t.Errorf("the page lacks %s", want)
			}
		}
		if !strings.Contains(page, `mayfly_fleet_calls_total{outcome="full"}`) || !strings.Contains(page, `mayfly_github_points{app="`) {
			t.Error("the page lacks fleet calls or GitHub's points")
		}
		for _, never := range []string{repository, w.instanceOf(w.hub.Books().Jobs[0].RunnerName).Instance, "nonsense", metricsKey} {
			if strings.Contains(page, never) {
				t.Errorf("the page has %q", never)
			}
		}
		if t.Failed() {
			t.Log(page)
		}
	}, config(func(c *server.Config) { c.MetricsToken = secret.New(metricsKey) }))
}
