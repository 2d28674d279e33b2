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
	"time"

	"github.com/google/go-cmp/cmp"

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
	handler  *webhook.Handler
	sent     []runner.Event
	log      bytes.Buffer
	outcomes []webhook.Outcome
	err      error // what sending ends with
}

func newParty(t testing.TB, changes ...func(*webhook.Config)) *party {
	t.Helper()
	p := new(party)
	config := webhook.Config{
		Secrets: []secret.Text{secret.New(current), secret.New(previous)}, Stack: stack,
		Log:   slog.New(slog.NewJSONHandler(&p.log, nil)),
		Count: func(outcome webhook.Outcome) { p.outcomes = append(p.outcomes, outcome) },
	}
	for _, change := range changes {
		change(&config)
	}
	handler, err := webhook.New(config, func(_ context.Context, event runner.Event) error {
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
	request := signed(body)
	for _, change := range changes {
		change(request)
	}
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, request)
	return recorder
}

// signed is a request as GitHub makes it.
func signed(body []byte) *http.Request {
	request := httptest.NewRequest(http.MethodPost, webhook.Path, bytes.NewReader(body))
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "X-Github-Event": {"workflow_job"},
		"X-Github-Delivery": {deliveryID}, "X-Hub-Signature-256": {sign(current, body)},
	}
	return request
}

// want holds one request to what every request promises: its outcome's status and no body, one line
// of the log, one outcome, and an event only if it was queued. The line has to have certain words.
func (p *party) want(t *testing.T, name string, got *httptest.ResponseRecorder, outcome webhook.Outcome, words string) {
	t.Helper()
	events := 0
	if outcome == webhook.Queued {
		events = 1
	}
	status, known := webhook.Outcomes[outcome]
	if !known || got.Code != status || got.Body.Len() != 0 || len(p.sent) != events {
		t.Errorf("%s: got status %d, body %q and %d events, want %d, none and %d", name, got.Code, got.Body, len(p.sent), status, events)
	}
	if diff := cmp.Diff([]webhook.Outcome{outcome}, p.outcomes); diff != "" {
		t.Errorf("%s: outcomes (-want +got):\n%s", name, diff)
	}
	var line struct{ Error, Outcome string }
	if err := json.Unmarshal(p.log.Bytes(), &line); err != nil || strings.Count(p.log.String(), "\n") != 1 ||
		line.Outcome != string(outcome) || !strings.Contains(line.Error, words) {
		t.Errorf("%s: got log %s, want one line with outcome %s and %q", name, p.log.String(), outcome, words)
	}
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
		"workflow_job.labels":     []string{"mayfly=1/cpu=2"},
		"workflow_job.created_at": time.Now().UTC().Format(time.RFC3339),
		"repository.owner.login":  "Codertocat",
	})
}

func TestAConfigThatCannotBeSafeIsAnError(t *testing.T) {
	long, short := secret.New(current), secret.New("canary")
	for want, config := range map[string]webhook.Config{
		"WebhookSecrets: there are 0, give the current one": {Stack: stack},
		"there are 3, give the current one":                 {Stack: stack, Secrets: []secret.Text{long, long, long}},
		"the current one has 6 bytes and needs":             {Stack: stack, Secrets: []secret.Text{short, long}},
		"RFC 2104, section 3":                               {Stack: stack, Secrets: []secret.Text{short}},
		`AllowedOwners: "octo/org" is not the name`:         {Stack: stack, Secrets: []secret.Text{long}, Owners: []string{"octo/org"}},
		`AllowedOwners: "" is not the name`:                 {Stack: stack, Secrets: []secret.Text{long}, Owners: []string{""}},
		"the previous one has 6 bytes and needs":            {Stack: stack, Secrets: []secret.Text{long, short}},
		"the current one has 0 bytes and needs":             {Stack: stack, Secrets: []secret.Text{{}}},
		"stack is empty":                                    {Secrets: []secret.Text{long}},
		"max body is -1 and max in flight 0, neither":       {Stack: stack, Secrets: []secret.Text{long}, MaxBody: -1},
	} {
		_, err := webhook.New(config, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("New(%+v): got error %v, want one with %q", config, err, want)
		}
	}
}
