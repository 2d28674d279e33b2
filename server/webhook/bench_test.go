package webhook_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// deaf is an http.ResponseWriter that keeps the status alone.
type deaf struct {
	header http.Header
	status int
}

func (d *deaf) Header() http.Header         { return d.header }
func (d *deaf) Write(p []byte) (int, error) { return len(p), nil }
func (d *deaf) WriteHeader(status int)      { d.status = status }

// One webhook, from header to event, without queue and log. The floor is the signature: each byte is
// hashed twice, once for either secret.
func BenchmarkHandler(b *testing.B) {
	for _, test := range []struct {
		event string
		bytes int
		want  int
		goal  time.Duration
	}{
		{"workflow_job", 7 << 10, http.StatusAccepted, 40 * time.Microsecond},
		{"workflow_job", 30 << 10, http.StatusAccepted, 0},
		{"ping", 7 << 10, http.StatusOK, 0}, // the floor
		{"ping", 30 << 10, http.StatusOK, 0},
	} {
		b.Run(test.event+"/"+strconv.Itoa(test.bytes>>10)+"KB", func(b *testing.B) {
			handler, err := webhook.New(webhook.Config{
				Secrets: []secret.Text{secret.New(current), secret.New(previous)}, Stack: stack, Log: slog.New(slog.DiscardHandler),
			}, func(context.Context, runner.Event) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			body := padded(ours(b), test.bytes)
			request := signed(body)
			request.Header.Set("X-GitHub-Event", test.event)
			answer := deaf{header: http.Header{}}
			again := bytes.NewReader(body)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				again.Reset(body)
				request.Body = io.NopCloser(again)
				if handler.ServeHTTP(&answer, request); answer.status != test.want {
					b.Fatalf("got status %d, want %d", answer.status, test.want)
				}
			}
			if test.goal > 0 {
				b.ReportMetric(float64(test.goal), "goal-ns/op")
			}
		})
	}
}

// padded is a payload with steps that make it longer, as those of a job that has some.
func padded(body []byte, size int) []byte {
	const step = `{"name":"Run tests","status":"completed","conclusion":"success","number":1,"started_at":"2021-08-05T10:34:58Z"}`
	n := max(0, size-len(body)) / (len(step) + 1)
	return bytes.Replace(body, []byte(`"steps":[]`), []byte(`"steps":[`+strings.TrimSuffix(strings.Repeat(step+",", n), ",")+`]`), 1)
}
