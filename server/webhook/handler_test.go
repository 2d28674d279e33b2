package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

func TestARequestThatIsNotGitHubsIsRefused(t *testing.T) {
	body := ours(t)
	good := sign(current, body)
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"as GitHub sends it":       {func(*http.Request) {}, http.StatusAccepted},
		"the previous secret":      {header("X-Hub-Signature-256", sign(previous, body)), http.StatusAccepted},
		"a charset":                {header("Content-Type", "application/json; charset=utf-8"), http.StatusAccepted},
		"identity encoding":        {header("Content-Encoding", "identity"), http.StatusAccepted},
		"another path":             {func(r *http.Request) { r.URL.Path = "/webhooks" }, http.StatusNotFound},
		"another method":           {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"no content type":          {header("Content-Type"), http.StatusBadRequest},
		"two content types":        {header("Content-Type", "application/json", "application/json"), http.StatusBadRequest},
		"a form":                   {header("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType},
		"a broken content type":    {header("Content-Type", "application/json; ="), http.StatusUnsupportedMediaType},
		"a compressed body":        {header("Content-Encoding", "gzip"), http.StatusUnsupportedMediaType},
		"no event":                 {header("X-GitHub-Event"), http.StatusBadRequest},
		"two events":               {header("X-GitHub-Event", "ping", "ping"), http.StatusBadRequest},
		"an event of two words":    {header("X-GitHub-Event", "workflow job"), http.StatusBadRequest},
		"no delivery":              {header("X-GitHub-Delivery"), http.StatusBadRequest},
		"two deliveries":           {header("X-GitHub-Delivery", "a", "b"), http.StatusBadRequest},
		"a delivery without end":   {header("X-GitHub-Delivery", strings.Repeat("a", 65)), http.StatusBadRequest},
		"two signatures":           {header("X-Hub-Signature-256", good, good), http.StatusBadRequest},
		"no signature":             {header("X-Hub-Signature-256"), http.StatusUnauthorized},
		"an empty signature":       {header("X-Hub-Signature-256", ""), http.StatusUnauthorized},
		"sha1":                     {header("X-Hub-Signature-256", "sha1="+good[len("sha256="):]), http.StatusUnauthorized},
		"upper-case digits":        {header("X-Hub-Signature-256", "sha256="+strings.ToUpper(good[len("sha256="):])), http.StatusUnauthorized},
		"half a signature":         {header("X-Hub-Signature-256", good[:len(good)/2+3]), http.StatusUnauthorized},
		"one digit too many":       {header("X-Hub-Signature-256", good+"0"), http.StatusUnauthorized},
		"another secret":           {header("X-Hub-Signature-256", sign("another", body)), http.StatusUnauthorized},
		"an empty secret":          {header("X-Hub-Signature-256", sign("", body)), http.StatusUnauthorized},
		"another body's signature": {header("X-Hub-Signature-256", sign(current, body[1:])), http.StatusUnauthorized},
		"a body that is announced too long": {func(r *http.Request) { r.ContentLength = webhook.DefaultMaxBody + 1 },
			http.StatusRequestEntityTooLarge},
		"a body that turns out too long": {func(r *http.Request) {
			r.ContentLength = -1
			r.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", webhook.DefaultMaxBody+1)))
		}, http.StatusRequestEntityTooLarge},
		"a body that breaks off": {func(r *http.Request) { r.Body = io.NopCloser(failingReader{}) }, http.StatusBadRequest},
	} {
		p := newParty(t)
		answer := p.post(body, test.change)
		if answer.Code != test.want || answer.Body.Len() != 0 {
			t.Errorf("%s: got status %d and body %q, want %d and none", name, answer.Code, answer.Body, test.want)
		}
		if accepted := test.want == http.StatusAccepted; accepted != (len(p.sent) == 1) {
			t.Errorf("%s: got %d events", name, len(p.sent))
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestASignedBodyThatSaysNothingIsRefused(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", "{", `"workflow_job"`, string(ours(t)) + "x"} {
		p := newParty(t)
		if got := p.post([]byte(body)).Code; got != http.StatusBadRequest {
			t.Errorf("%.20q: got status %d, want 400", body, got)
		}
	}
}

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

func TestARequestIsOneLineOfTheLogWithoutItsSecrets(t *testing.T) {
	p := newParty(t)
	body := ours(t)
	p.post(body)
	var line map[string]any
	if err := json.Unmarshal(p.log.Bytes(), &line); err != nil {
		t.Fatalf("got %q, want one line of JSON: %v", p.log.String(), err)
	}
	delete(line, "time")
	want := map[string]any{
		"level": "INFO", "msg": "webhook", "delivery_id": deliveryID, "event": "workflow_job", "action": "queued",
		"repository": "Codertocat/Hello-World", "outcome": "queued", "status": 202.0,
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

func BenchmarkHandler(b *testing.B) {
	p := newParty(b)
	handler, err := webhook.New(webhook.Config{
		Secrets: []secret.Text{secret.New(current)}, Stack: stack, Log: slog.New(slog.DiscardHandler),
	}, func(context.Context, runner.Event) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	p.handler = handler
	body := ours(b)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got := p.post(body).Code; got != http.StatusAccepted {
			b.Fatalf("got status %d, want 202", got)
		}
	}
}
