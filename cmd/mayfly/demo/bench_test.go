package demo

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/record"
)

// noApps is a GitHub that is never asked anything.
type noApps struct{ server.GitHub }

func (noApps) Apps() []int64 { return nil }

// BenchmarkServerStart is how long it takes from server.New to the first answer.
func BenchmarkServerStart(b *testing.B) {
	webhookSecret := secret.New("0123456789abcdef0123456789abcdef")
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport}
	for b.Loop() {
		config := serverConfig(1, webhookSecret, slog.New(slog.DiscardHandler))
		s, err := server.New(config, server.Seams{Queue: queue.NewMemory(visibility), Record: record.NewMemory(), GitHub: noApps{}})
		if err != nil {
			b.Fatal(err)
		}
		at, err := newSite(b.Context(), anywhere)
		if err != nil {
			b.Fatal(err)
		}
		at.serve(server.NewHTTP(s.Handler(), config.Log))
		response, err := client.Get(at.URL + "/ping")
		if err != nil {
			b.Fatal(err)
		}
		_ = response.Body.Close()
		if got := response.StatusCode; got != http.StatusOK {
			b.Fatalf("got %d, want %d", got, http.StatusOK)
		}
		at.close()
	}
	b.ReportMetric(float64(50*time.Millisecond), "goal-ns/op")
}
