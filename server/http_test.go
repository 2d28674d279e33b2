package server_test

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
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/record"
	"github.com/mayfly-ci/mayfly/server/sweep"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// front is a server as the internet sees it: no passes are made.
type front struct {
	config   server.Config
	server   *server.Server
	handler  http.Handler
	queue    *queue.Memory
	log      buffer
	mu       sync.Mutex
	outcomes []webhook.Outcome
}

// noApps is a GitHub that is never asked anything.
type noApps struct{ server.GitHub }

func (noApps) Apps() []int64 { return []int64{1} }

const webhookKey = "a webhook secret of 40 bytes, for a test"

func newFront(t *testing.T, config server.Config, changes ...func(*server.Seams)) *front {
	t.Helper()
	f := &front{queue: queue.NewMemory(time.Minute)}
	config.Stack, config.Holder, config.RoleID, config.Region = stack, "test", roleID, "us-east-1"
	config.WebhookSecrets = append(config.WebhookSecrets, secret.New(webhookKey))
	config.Images = map[runner.Arch]string{runner.X64: "ami-x64"}
	config.Subnets = []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}}
	config.Log = slog.New(slog.NewJSONHandler(&f.log, nil))
	f.config = config
	seams := server.Seams{
		Queue: f.queue, Record: record.NewMemory(), GitHub: noApps{},
		Count: func(outcome webhook.Outcome) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.outcomes = append(f.outcomes, outcome)
		},
	}
	for _, change := range changes {
		change(&seams)
	}
	var err error
	f.server, err = server.New(config, seams)
	check(t, err)
	f.handler = f.server.Handler()
	return f
}

// rarely are sweeps that a test does not see.
var rarely = sweep.Intervals{Every: 24 * time.Hour}

// unswept is a record that needs no sweep.
func unswept(t *testing.T) func(*server.Seams) {
	return func(s *server.Seams) {
		lease, err := s.Record.Acquire(t.Context(), "the founder", time.Minute)
		check(t, err)
		check(t, s.Record.Commit(t.Context(), lease, runner.Sweeps{At: time.Now().UTC()}))
		check(t, s.Record.Release(t.Context(), lease))
	}
}

// delivery is a webhook of a queued job, as GitHub sends it.
func delivery(t *testing.T) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"action": "queued",
		"workflow_job": map[string]any{
			"id": 7, "run_id": 8, "status": "queued", "labels": []string{"mayfly"}, "created_at": time.Now().UTC().Format(time.RFC3339),
		},
		"repository":   map[string]any{"id": 9, "full_name": "octo/hello", "owner": map[string]any{"login": "octo"}},
		"installation": map[string]any{"id": 5},
	})
	check(t, err)
	mac := hmac.New(sha256.New, []byte(webhookKey))
	mac.Write(body)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://server:80"+webhook.Path, bytes.NewReader(body))
	request.RequestURI = ""
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "X-Github-Event": {"workflow_job"}, "X-Github-Delivery": {"d"},
		"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	}
	return request
}

// ask asks a handler, as whoever has a token.
func ask(t *testing.T, handler http.Handler, method, path, token string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, "http://server:80"+path, http.NoBody)
	request.Header.Set("Authorization", "Bearer "+token)
	return answered(handler, request)
}

func answered(handler http.Handler, request *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func (f *front) queued(t *testing.T) int {
	t.Helper()
	messages, err := f.queue.Receive(context.Background(), 1000, 0)
	check(t, err)
	return len(messages)
}

func TestWhatTheInternetIsAnswered(t *testing.T) {
	for name, test := range map[string]struct {
		method, path string
		owners       []string
		want         webhook.Outcome // none is no business of the webhook stage
		status       int
	}{
		"a webhook":               {http.MethodPost, webhook.Path, nil, webhook.Queued, http.StatusAccepted},
		"a webhook for an owner":  {http.MethodPost, webhook.Path, []string{"OCTO"}, webhook.Queued, http.StatusAccepted},
		"a webhook for another":   {http.MethodPost, webhook.Path, []string{"acme"}, webhook.IgnoredOwner, http.StatusOK},
		"a ping":                  {http.MethodGet, "/ping", nil, "", http.StatusOK},
		"a ping with a method":    {http.MethodPost, "/ping", nil, webhook.NotFound, http.StatusNotFound},
		"another method":          {http.MethodGet, webhook.Path, nil, webhook.BadMethod, http.StatusMethodNotAllowed},
		"a head":                  {http.MethodHead, webhook.Path, nil, webhook.BadMethod, http.StatusMethodNotAllowed},
		"a method nobody knows":   {"BREW", webhook.Path, nil, webhook.BadMethod, http.StatusMethodNotAllowed},
		"a trace":                 {http.MethodTrace, webhook.Path, nil, webhook.BadMethod, http.StatusMethodNotAllowed},
		"the root":                {http.MethodGet, "/", nil, webhook.NotFound, http.StatusNotFound},
		"a slash more":            {http.MethodPost, webhook.Path + "/", nil, webhook.NotFound, http.StatusNotFound},
		"a slash before":          {http.MethodPost, "/" + webhook.Path, nil, webhook.NotFound, http.StatusNotFound},
		"the path, escaped":       {http.MethodPost, "/webhooks%2fgithub", nil, webhook.NotFound, http.StatusNotFound},
		"the path, partly so":     {http.MethodPost, "/%77ebhooks/github", nil, webhook.NotFound, http.StatusNotFound},
		"the path, by a detour":   {http.MethodPost, "/x/.." + webhook.Path, nil, webhook.NotFound, http.StatusNotFound},
		"the path, in other case": {http.MethodPost, "/Webhooks/GitHub", nil, webhook.NotFound, http.StatusNotFound},
		"metrics":                 {http.MethodGet, "/metrics", nil, webhook.NotFound, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, server.Config{AllowedOwners: test.owners})
			request := delivery(t)
			request.Method = test.method
			target, err := url.Parse("http://server:80" + test.path)
			check(t, err)
			request.URL = target
			answer := httptest.NewRecorder()
			f.handler.ServeHTTP(answer, request)
			if answer.Code != test.status || answer.Body.Len() != 0 {
				t.Errorf("got %d and body %q, want %d and none", answer.Code, answer.Body, test.status)
			}
			var outcomes []webhook.Outcome
			if test.want != "" {
				outcomes = append(outcomes, test.want)
			}
			if diff := cmp.Diff(outcomes, f.outcomes); diff != "" || strings.Count(f.log.String(), "\n") != len(outcomes) {
				t.Errorf("outcomes (-want +got):\n%s\nand log:\n%s", diff, f.log.String())
			}
			if got := f.queued(t); (got == 1) != (test.want == webhook.Queued) {
				t.Errorf("got %d messages", got)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Server": ""} {
				if got := answer.Header().Get(name); got != want {
					t.Errorf("got header %s %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestAServerWithoutAWebhookSecretDoesNotStart(t *testing.T) {
	for _, secrets := range [][]secret.Text{nil, {secret.Text{}}, {secret.New("short")}} {
		config := server.Config{
			Stack: stack, Holder: "test", RoleID: roleID, Region: "us-east-1", Images: map[runner.Arch]string{runner.X64: "a"},
			Subnets: []runner.Subnet{{ID: "s", Zone: "z"}}, WebhookSecrets: secrets,
		}
		_, err := server.New(config, server.Seams{GitHub: noApps{}})
		if err == nil || !strings.Contains(err.Error(), "WebhookSecrets") {
			t.Errorf("%d secrets: got error %v, want one that names WebhookSecrets", len(secrets), err)
		}
	}
}
