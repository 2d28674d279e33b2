package webhook_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

func TestMoreThanTheStageCanHoldIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
		const most = 3
		open := make(chan struct{})
		p := new(party)
		handler, err := webhook.New(webhook.Config{
			Secrets: []secret.Text{secret.New(current)}, Stack: stack, MaxInFlight: most, Log: slog.New(slog.DiscardHandler),
		}, func(context.Context, runner.Event) error { <-open; return nil })
		if err != nil {
			t.Fatal(err)
		}
		p.handler = handler
		codes := make(chan int, most)
		body := ours(t)
		for range most {
			go func() { codes <- p.post(body).Code }()
		}
		synctest.Wait()
		if answer := p.post(body); answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") != "1" {
			t.Errorf("one too many: got status %d, want 503 and when to come again", answer.Code)
		}
		close(open)
		for range most {
			if got := <-codes; got != http.StatusAccepted {
				t.Errorf("one of those before: got status %d, want 202", got)
			}
		}
		if got := p.post(body).Code; got != http.StatusAccepted {
			t.Errorf("one after them: got status %d, want 202", got)
		}
	})
}

func TestABodyThatNeverEndsAndAQueueThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
		handler, err := webhook.New(webhook.Config{
			Secrets: []secret.Text{secret.New(current)}, Stack: stack, Log: slog.New(slog.DiscardHandler),
		}, func(ctx context.Context, _ runner.Event) error { <-ctx.Done(); return ctx.Err() })
		if err != nil {
			t.Fatal(err)
		}
		var network localnet.Network
		listener, err := network.Listen("server:80")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		transport := network.Transport()
		defer transport.CloseIdleConnections()

		body := ours(t)
		endless, never := io.Pipe()
		defer never.Close()
		for _, test := range []struct {
			body io.Reader
			want int
			took time.Duration
		}{
			{bytes.NewReader(body), http.StatusServiceUnavailable, 5 * time.Second},
			{endless, http.StatusBadRequest, 10 * time.Second},
		} {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://server:80"+webhook.Path, test.body)
			request.Header = http.Header{
				"Content-Type": {"application/json"}, "X-Github-Event": {"workflow_job"},
				"X-Github-Delivery": {deliveryID}, "X-Hub-Signature-256": {sign(current, body)},
			}
			start := time.Now()
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if took := time.Since(start); response.StatusCode != test.want || took != test.took {
				t.Errorf("got status %d after %s, want %d after %s", response.StatusCode, took, test.want, test.took)
			}
		}
	})
}
