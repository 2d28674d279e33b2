package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5" // SQS tells by it what it has read
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// BenchmarkIngest is a webhook on one core, from the router to the answer: with SQS's client behind it,
// and the rest of the 64 requests that are let in at once beside it. They leave together, every 50 ms, so its wall time tells nothing. What stands for SQS on the wire is part
// of it. The goal is for the time of the CPU.
func BenchmarkIngest(b *testing.B) {
	for size, goal := range map[int]time.Duration{7: 60 * time.Microsecond, 30: 0} {
		b.Run(fmt.Sprintf("%dKB", size), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			handler, body := ingest(b), hook(b, size<<10)
			header := signed(body)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			began := spent(b)
			b.SetParallelism(webhook.DefaultMaxInFlight - 4)
			b.RunParallel(func(pb *testing.PB) {
				request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, webhook.Path, bytes.NewReader(body))
				request.Header = header
				answer, again := deaf{header: http.Header{}}, bytes.NewReader(body)
				for pb.Next() {
					again.Reset(body)
					request.Body = io.NopCloser(again)
					if handler.ServeHTTP(&answer, request); answer.status != http.StatusAccepted {
						b.Errorf("got status %d, want 202", answer.status)
						return
					}
				}
			})
			b.ReportMetric(float64(spent(b)-began)/float64(b.N), "cpu-ns/op")
			if goal > 0 {
				b.ReportMetric(float64(goal), "goal-cpu-ns/op")
			}
		})
	}
}

// spent is how much of the CPU this process has had.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// deaf is an http.ResponseWriter that keeps the status alone.
type deaf struct {
	header http.Header
	status int
}

func (d *deaf) Header() http.Header         { return d.header }
func (d *deaf) Write(p []byte) (int, error) { return len(p), nil }
func (d *deaf) WriteHeader(status int)      { d.status = status }

// noGitHub has no App.
type noGitHub struct{ server.GitHub }

func (noGitHub) Apps() []int64 { return nil }

// slowRecord never gives its lease: a pass is no part of a webhook.
type slowRecord struct{ server.Record }

func (slowRecord) Acquire(ctx context.Context, _ string, _ time.Duration) (runner.Lease, error) {
	<-ctx.Done()
	return runner.Lease{}, ctx.Err()
}

func ingest(b *testing.B) http.Handler {
	b.Helper()
	account := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "example", ""), HTTPClient: wireOfSQS{}}
	s, err := server.New(server.Config{
		Stack: "prod", Holder: "bench", Gather: true, RoleID: "AROAEXAMPLE", Region: "eu-west-1",
		WebhookSecrets: []secret.Text{secret.New(benchKey), secret.New(benchKey + "before")},
		Images:         map[runner.Arch]string{runner.X64: "ami-x64"}, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "eu-west-1a"}},
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), //nolint:sloglint // what a line costs is part of it
	}, server.Seams{Queue: sqs.New(account, "https://sqs.eu-west-1.amazonaws.com/1/jobs"), Record: slowRecord{}, GitHub: noGitHub{}})
	if err != nil {
		b.Fatal(err)
	}
	go s.Run(b.Context())
	return s.Handler()
}

const benchKey = "a webhook secret of 40 bytes, for a test"

// hook is a webhook of a queued job, so many bytes long.
func hook(b *testing.B, size int) []byte {
	b.Helper()
	event := map[string]any{
		"action": "queued",
		"workflow_job": map[string]any{
			"id": 7, "run_id": 8, "status": "queued", "labels": []string{"mayfly=8/runner=2cpu-linux-x64"}, "created_at": time.Now().UTC().Format(time.RFC3339),
		},
		"repository":   map[string]any{"id": 9, "full_name": "octo/hello", "owner": map[string]any{"login": "octo"}},
		"installation": map[string]any{"id": 5},
	}
	short, err := json.Marshal(event)
	if err == nil {
		var urls []string // most of a real one are such
		for n := len(short); n < size; n += 70 {
			urls = append(urls, fmt.Sprintf("https://api.github.com/repos/octo/hello/actions/jobs/%013d", n))
		}
		event["sender"] = map[string]any{"urls": urls}
		short, err = json.Marshal(event)
	}
	if err != nil {
		b.Fatal(err)
	}
	return short
}

func signed(body []byte) http.Header {
	mac := hmac.New(sha256.New, []byte(benchKey))
	mac.Write(body)
	return http.Header{
		"Content-Type": {"application/json"}, "X-Github-Event": {"workflow_job"}, "X-Github-Delivery": {"d"},
		"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

// wireOfSQS takes every message.
type wireOfSQS struct{}

func (wireOfSQS) Do(request *http.Request) (*http.Response, error) {
	var sent struct{ MessageBody string }
	if err := json.NewDecoder(request.Body).Decode(&sent); err != nil {
		return nil, err
	}
	answer := fmt.Sprintf(`{"MessageId":"m","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(sent.MessageBody)))
	body := strings.NewReader(answer)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: request, Body: io.NopCloser(body)}, request.Context().Err()
}
