package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// vault is a source whose secrets a test changes.
type vault struct {
	secrets []secret.Text
	err     error
	doubts  int
}

func (v *vault) Live(context.Context) ([]secret.Text, error) { return v.secrets, v.err }

func (v *vault) Doubt() { v.doubts++ }

func TestWebhookSecretsComeAndChangeWithoutARestart(t *testing.T) {
	v := &vault{err: errors.New("the secret is not set up yet")}
	p := newParty(t, func(c *webhook.Config) { c.Secrets, c.Source = nil, v })
	wantStatus := func(when, key string, want int) {
		t.Helper()
		body := ours(t)
		if got := p.post(body, header("X-Hub-Signature-256", sign(key, body))); got.Code != want {
			t.Errorf("%s: got status %d, want %d; the log:\n%s", when, got.Code, want, p.log.String())
		}
	}
	if answer := p.post(ours(t)); answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") != "1" {
		t.Errorf("before there are any: got status %d, Retry-After %q, want 503 and 1", answer.Code, answer.Header().Get("Retry-After"))
	}
	v.secrets, v.err = []secret.Text{secret.New("short")}, nil
	wantStatus("a short one", "short", http.StatusServiceUnavailable)
	v.secrets = []secret.Text{secret.New(previous)}
	wantStatus("the first", previous, http.StatusAccepted)
	if v.doubts != 0 {
		t.Errorf("got %d doubts about what fits, want none", v.doubts)
	}
	wantStatus("a new one, not read yet", current, http.StatusUnauthorized)
	if v.doubts != 1 {
		t.Errorf("got %d doubts after a signature that fits none, want 1", v.doubts)
	}
	v.secrets = []secret.Text{secret.New(current), secret.New(previous)}
	wantStatus("the new one", current, http.StatusAccepted)
	wantStatus("the one before", previous, http.StatusAccepted)
	v.secrets = []secret.Text{secret.New(current)}
	wantStatus("one that is over", previous, http.StatusUnauthorized)
}
