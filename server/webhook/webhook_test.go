package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

const (
	stack      = "test"
	current    = "canary-current-secret-0123456789abcdef"
	previous   = "canary-previous-secret-0123456789abcde"
	deliveryID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
)

// party is a handler and what it did.
type party struct {
	handler *webhook.Handler
	sent    []runner.Event
	log     bytes.Buffer
	err     error // what sending ends with
}

func newParty(t testing.TB) *party {
	t.Helper()
	p := new(party)
	handler, err := webhook.New(webhook.Config{
		Secrets: []secret.Text{secret.New(current), secret.New(previous)}, Stack: stack,
		Log: slog.New(slog.NewJSONHandler(&p.log, nil)),
	}, func(_ context.Context, event runner.Event) error {
		p.sent = append(p.sent, event)
		return p.err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.handler = handler
	return p
}

// post sends a signed webhook, after the changes were made to it.
func (p *party) post(body []byte, changes ...func(*http.Request)) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, webhook.Path, bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GitHub-Event", "workflow_job")
	request.Header.Set("X-GitHub-Delivery", deliveryID)
	request.Header.Set("X-Hub-Signature-256", sign(current, body))
	for _, change := range changes {
		change(request)
	}
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, request)
	return recorder
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
}

func sign(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func payload(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// changed is a payload with some values set, by their path: workflow_job.labels.
func changed(t testing.TB, body []byte, values map[string]any) []byte {
	t.Helper()
	var tree map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	for path, value := range values {
		at := tree
		parts := strings.Split(path, ".")
		for _, part := range parts[:len(parts)-1] {
			if _, there := at[part].(map[string]any); !there {
				at[part] = map[string]any{}
			}
			at = at[part].(map[string]any)
		}
		at[parts[len(parts)-1]] = value
	}
	body, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// ours is a real payload of a queued job that asks for one of our runners.
func ours(t testing.TB) []byte {
	return changed(t, payload(t, "workflow_job.queued.5.json"), map[string]any{
		"workflow_job.labels":    []string{"mayfly=1/cpu=2"},
		"repository.owner.login": "Codertocat",
	})
}

func TestAConfigThatCannotBeSafeIsAnError(t *testing.T) {
	long, short := secret.New(current), secret.New("canary")
	for want, config := range map[string]webhook.Config{
		"there are 0, give the current one":           {Stack: stack},
		"there are 3, give the current one":           {Stack: stack, Secrets: []secret.Text{long, long, long}},
		"the current one has 6 bytes and needs":       {Stack: stack, Secrets: []secret.Text{short, long}},
		"the previous one has 6 bytes and needs":      {Stack: stack, Secrets: []secret.Text{long, short}},
		"the current one has 0 bytes and needs":       {Stack: stack, Secrets: []secret.Text{{}}},
		"stack is empty":                              {Secrets: []secret.Text{long}},
		"max body is -1 and max in flight 0, neither": {Stack: stack, Secrets: []secret.Text{long}, MaxBody: -1},
	} {
		_, err := webhook.New(config, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("New(%+v): got error %v, want one with %q", config, err, want)
		}
	}
}
