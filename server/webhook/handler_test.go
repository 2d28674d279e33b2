package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

func TestAnEventIsStampedAndNamedByItsDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		p := newParty(t)
		p.post(ours(t))
		got := runner.Event{Source: p.sent[0].Source, ID: p.sent[0].ID, At: p.sent[0].At}
		want := runner.Event{Source: runner.SourceWebhook, ID: deliveryID, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	})
}

func TestWhatCouldNotBeQueuedIsAskedForAgain(t *testing.T) {
	p := newParty(t)
	p.err = errors.New("the queue is down")
	answer := p.post(ours(t))
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") != "1" {
		t.Errorf("got status %d, Retry-After %q, want 503 and 1", answer.Code, answer.Header().Get("Retry-After"))
	}
}

func TestAnEventIsQueuedThoughGitHubHungUp(t *testing.T) {
	p := newParty(t)
	handler, err := webhook.New(webhook.Config{Secrets: []secret.Text{secret.New(current)}, Stack: stack, Log: slog.New(slog.DiscardHandler)},
		func(ctx context.Context, _ runner.Event) error { return ctx.Err() })
	if err != nil {
		t.Fatal(err)
	}
	p.handler = handler
	hungUp, cancel := context.WithCancel(t.Context())
	cancel()
	if got := p.post(ours(t), func(r *http.Request) { *r = *r.WithContext(hungUp) }).Code; got != http.StatusAccepted {
		t.Errorf("got status %d, want 202", got)
	}
}

func TestAPanicIsAnAnswerToo(t *testing.T) {
	p := newParty(t)
	handler, err := webhook.New(webhook.Config{
		Secrets: []secret.Text{secret.New(current)}, Stack: stack, Log: slog.New(slog.NewTextHandler(&p.log, nil)),
	}, func(context.Context, runner.Event) error { panic("at the disco") })
	if err != nil {
		t.Fatal(err)
	}
	p.handler = handler
	if got := p.post(ours(t)).Code; got != http.StatusInternalServerError || !strings.Contains(p.log.String(), "at the disco") {
		t.Errorf("got status %d, want 500 and a log of it\n%s", got, p.log.String())
	}
}

func TestARequestIsOneLineOfTheLogWithoutItsSecrets(t *testing.T) {
	p := newParty(t)
	body := ours(t)
	p.post(body)
	var line map[string]any
	if err := json.Unmarshal(p.log.Bytes(), &line); err != nil {
		t.Fatalf("got %q, want one line of JSON: %v", p.log.String(), err)
	}
	if _, timed := line["latency"].(float64); !timed {
		t.Errorf("got latency %v, want nanoseconds", line["latency"])
	}
	delete(line, "time")
	delete(line, "latency")
	want := map[string]any{
		"level": "INFO", "msg": "webhook", "delivery_id": deliveryID, "event": "workflow_job", "action": "queued",
		"repository": "Codertocat/Hello-World", "repository_id": 186853002.0, "outcome": "queued", "status": 202.0,
	}
	want["job_id"] = float64(p.sent[0].Job.ID)
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	p.post(body, header("X-Hub-Signature-256", sign("wrong", body)))
	p.post([]byte("canary-body"))
	for _, never := range []string{"canary", sign(current, body), sign("wrong", body)} {
		if strings.Contains(p.log.String(), never) {
			t.Errorf("the log has %q:\n%s", never, p.log.String())
		}
	}
}
