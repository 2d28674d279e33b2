package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/server/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	if answer.Code != http.StatusOK {
		t.Fatalf("got %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func TestWhatWasObservedIsShown(t *testing.T) {
	m := metrics.New([]string{"queued", "bad_json"})
	m.Observe(metrics.Webhook("queued"), metrics.Webhook("queued"), took(7, "internal_queue"))
	m.Stand(stand(standing()))
	page := scrape(t, m)
	for _, want := range []string{
		`mayfly_webhooks_total{outcome="queued"} 2`,
		`mayfly_webhooks_total{outcome="bad_json"} 0`,
		`mayfly_internal_queue_duration_seconds_bucket{le="5"} 0`,
		`mayfly_internal_queue_duration_seconds_bucket{le="10"} 1`,
		`mayfly_internal_queue_duration_seconds_sum 7`,
		`mayfly_fleet_calls_total{outcome="throttled"} 0`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

func TestALabelHasTheValuesOfItsDefinitionAlone(t *testing.T) {
	m := metrics.New(nil)
	m.Observe(one("jobs_completed_total", "success"), one("jobs_completed_total", "octo/repo"), one("jobs_completed_total", "i-0abc"))
	page := scrape(t, m)
	if !strings.Contains(page, `mayfly_jobs_completed_total{conclusion="other"} 2`) || strings.Contains(page, "octo") || strings.Contains(page, "i-0abc") {
		t.Errorf("got\n%s\nwant two of another conclusion", page)
	}
}

func TestEveryLabelIsBoundedAndEveryNameOurs(t *testing.T) {
	for _, d := range metrics.Definitions([]string{"queued"}) {
		if !strings.HasPrefix(d.Name, "mayfly_") || d.Name != strings.ToLower(d.Name) || d.Help == "" {
			t.Errorf("%s: want a name in snake_case that begins with mayfly_, and help", d.Name)
		}
		if (d.Kind == metrics.Counter) != strings.HasSuffix(d.Name, "_total") {
			t.Errorf("%s is a %s: a counter, and nothing else, ends with _total", d.Name, d.Kind)
		}
		for _, label := range d.Labels {
			if label.Values == nil && d.Name != "mayfly_github_points" {
				t.Errorf("%s: nothing bounds its label %s", d.Name, label.Name)
			}
		}
	}
}
