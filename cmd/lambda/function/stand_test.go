package function_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/record"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

const webhookKey = "a webhook secret of 40 bytes, for a test"

// noGitHub is a GitHub that is never asked anything.
type noGitHub struct{ server.GitHub }

func (noGitHub) Apps() []int64 { return []int64{1} }

// stand is the real server in a function, on stores in memory.
type stand struct {
	function *function.Function
	queue    *delayed
	record   *record.Memory
	ticks    int
	log      strings.Builder
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{queue: &delayed{Memory: queue.NewMemory(90 * time.Second)}, record: record.NewMemory()}
	s.sweep(t)
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	inbox := function.NewInbox(s.queue)
	made, err := server.New(server.Config{
		Stack: "ci", Holder: "worker", RoleID: "AROAEXAMPLE", Region: "eu-west-1", WebhookSecrets: []secret.Text{secret.New(webhookKey)},
		Images: map[runner.Arch]string{runner.X64: "ami-1"}, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "eu-west-1a"}}, Log: log,
	}, server.Seams{Queue: inbox, Record: s.record, GitHub: noGitHub{}})
	if err != nil {
		t.Fatal(err)
	}
	worker := &function.Worker{Pass: made.Pass, Inbox: inbox, Log: log}
	s.function = &function.Function{
		Web:    func(context.Context) (http.Handler, error) { return made.Handler(), nil },
		Worker: func(context.Context) (*function.Worker, error) { return worker, nil },
		Schedule: []function.Task{
			{Name: "count", Do: func(context.Context) error { s.ticks++; return nil }},
			{Name: "tick", Do: worker.Tick},
		},
		Log: log,
	}
	return s
}

// sweep has the record say that all was just swept, so that nobody is asked.
func (s *stand) sweep(t *testing.T) {
	t.Helper()
	lease, err := s.record.Acquire(t.Context(), "the founder", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.record.Commit(t.Context(), lease, runner.Sweeps{At: time.Now().UTC()}); err != nil {
		t.Fatal(err)
	}
	if err := s.record.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

// job is what the record knows of a job's state.
func (s *stand) job(t *testing.T, id int64) string {
	t.Helper()
	items, err := s.record.Get(t.Context(), runner.JobKey(id))
	if err != nil || len(items) != 1 {
		t.Fatalf("job %d: got %v, %v, want it", id, items, err)
	}
	return string(items[0].(runner.Job).State)
}

// delivery is a webhook of a queued job of a public repository, as a function URL brings it.
func (s *stand) delivery(t *testing.T) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"action": "queued",
		"workflow_job": map[string]any{
			"id": 7, "run_id": 8, "status": "queued", "labels": []string{"mayfly"}, "created_at": time.Now().UTC().Format(time.RFC3339),
		},
		"repository":   map[string]any{"id": 9, "full_name": "octo/hello", "private": false, "owner": map[string]any{"login": "octo"}},
		"installation": map[string]any{"id": 5},
	})
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(webhookKey))
	mac.Write(body)
	request := webEvent(t)
	request.RawPath, request.Body = webhook.Path, base64.StdEncoding.EncodeToString(body)
	request.Headers["x-hub-signature-256"] = "sha256=" + hex.EncodeToString(mac.Sum(nil))
	raw, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sent is the status of an answer to a delivery that was changed on its way.
func (s *stand) sent(t *testing.T, change func(headers map[string]string)) int {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(s.delivery(t), &event); err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for name, value := range event["headers"].(map[string]any) {
		headers[name] = value.(string)
	}
	change(headers)
	event["headers"] = headers
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.function.Invoke(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	var web struct{ StatusCode int }
	if err := json.Unmarshal(answer, &web); err != nil {
		t.Fatal(err)
	}
	return web.StatusCode
}

// A function URL joins a header that was sent twice by a comma: as its payload format has it.
func TestAWebhooksHeaderThatWasSentTwiceIsRefused(t *testing.T) {
	s := newStand(t)
	if got := s.sent(t, func(map[string]string) {}); got != http.StatusAccepted {
		t.Fatalf("unchanged: got %d, want 202", got)
	}
	for header, want := range map[string]int{
		"x-github-event": http.StatusBadRequest, "x-github-delivery": http.StatusBadRequest,
		"x-hub-signature-256": http.StatusUnauthorized, "content-type": http.StatusUnsupportedMediaType,
	} {
		if got := s.sent(t, func(headers map[string]string) { headers[header] += "," + headers[header] }); got != want {
			t.Errorf("%s twice: got %d, want %d", header, got, want)
		}
	}
}

func TestAMessageWaitsUntilAnotherProcessHasGivenTheLeaseBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		if _, err := s.function.Invoke(t.Context(), s.delivery(t)); err != nil {
			t.Fatal(err)
		}
		messages, err := s.queue.Receive(t.Context(), 10, 0)
		if err != nil || len(messages) != 1 {
			t.Fatalf("got %d messages, %v, want one", len(messages), err)
		}
		lease, err := s.record.Acquire(t.Context(), "another", 35*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(4800*time.Millisecond, func() { _ = s.record.Release(context.WithoutCancel(t.Context()), lease) })
		ctx, cancel := context.WithTimeout(t.Context(), function.Timeout)
		defer cancel()
		began := time.Now()
		answer, err := s.function.Invoke(ctx, queueEvent(t, string(messages[0].Body)))
		if err != nil || string(answer) != `{"batchItemFailures":[]}` || time.Since(began) != 5*time.Second {
			t.Errorf("got %s, %v after %s, want all applied at the next look, after 5 s", answer, err, time.Since(began))
		}
		if got, want := s.job(t, 7), "refused"; got != want {
			t.Errorf("the job is %q, want %q", got, want)
		}
	})
}
