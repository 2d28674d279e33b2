package bucket_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// wire answers every request itself and keeps it.
type wire struct {
	requests []*http.Request
	status   int
	body     io.Reader // nil is empty
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, r)
	body := w.body
	if body == nil {
		body = http.NoBody
	}
	return &http.Response{StatusCode: w.status, Header: http.Header{}, Request: r, Body: io.NopCloser(body), ContentLength: -1}, nil
}

func (w *wire) bucket(endpoint string) *bucket.Bucket {
	return bucket.New(bucket.Config{
		Name: "ci-bucket", Region: "eu-west-1", Endpoint: endpoint, Client: &http.Client{Transport: w},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	})
}

func TestWhatIsNotOursToSeeIsNotFound(t *testing.T) {
	for status, want := range map[int]bool{403: true, 404: true, 400: false} {
		b := (&wire{status: status}).bucket("")
		_, err := b.Get(t.Context(), "a")
		if got := errors.Is(err, bucket.ErrNotFound); err == nil || got != want {
			t.Errorf("get, status %d: got not found %v (%v), want %v", status, got, err, want)
		}
		if err := b.Put(t.Context(), "a", nil); err == nil || errors.Is(err, bucket.ErrNotFound) {
			t.Errorf("put, status %d: got %v, want an error that is not ErrNotFound", status, err)
		}
		if err := b.Delete(t.Context(), "a"); err == nil || errors.Is(err, bucket.ErrNotFound) {
			t.Errorf("delete, status %d: got %v, want an error that is not ErrNotFound", status, err)
		}
	}
}

// endless is read for ever, by whoever does not stop.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestAnObjectThatIsTooLongIsAnError(t *testing.T) {
	w := &wire{status: 200, body: io.LimitReader(endless{}, bucket.MaxBytes)}
	body, err := w.bucket("").Get(t.Context(), "a")
	if got, want := len(body), bucket.MaxBytes; err != nil || got != want {
		t.Errorf("just short enough: got %d bytes, %v, want %d", got, err, want)
	}
	w.body = endless{}
	if body, err := w.bucket("").Get(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "65536") {
		t.Errorf("too long: got %d bytes, %v, want an error that names the limit", len(body), err)
	}
}

func TestTheBucketIsInTheHostUnlessThereIsAnEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                      "https://ci-bucket.s3.eu-west-1.amazonaws.com/runners/AROA%3Ai-1/a",
		"http://127.0.0.1:9000": "http://127.0.0.1:9000/ci-bucket/runners/AROA%3Ai-1/a",
	} {
		w := &wire{status: 200}
		if _, err := w.bucket(endpoint).Get(t.Context(), "runners/AROA:i-1/a"); err != nil {
			t.Fatal(err)
		}
		url := *w.requests[0].URL
		url.RawQuery = ""
		if got := url.String(); got != want {
			t.Errorf("endpoint %q: got %s, want %s", endpoint, got, want)
		}
	}
}

func TestAPutHasNoChecksumTrailer(t *testing.T) {
	w := &wire{status: 200}
	if err := w.bucket("").Put(t.Context(), "a", []byte("text")); err != nil {
		t.Fatal(err)
	}
	for name := range w.requests[0].Header {
		if strings.HasPrefix(name, "X-Amz-Trailer") || strings.HasPrefix(name, "X-Amz-Checksum") {
			t.Errorf("got the header %s, want none of its kind", name)
		}
	}
	if got, want := w.requests[0].ContentLength, int64(4); got != want {
		t.Errorf("content length: got %d, want %d", got, want)
	}
}

func TestS3InTroubleIsAskedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{status: 503}
		began := time.Now()
		if err := w.bucket("").Put(t.Context(), "a", []byte("text")); err == nil {
			t.Error("put: got no error")
		}
		if got, want := len(w.requests), 3; got != want {
			t.Errorf("requests: got %d, want %d", got, want)
		}
		if got := time.Since(began); got == 0 || got > time.Second {
			t.Errorf("the waits took %v of fake time, want some, at most 1s", got)
		}
	})
}

func TestWhatIsPutIsThereUntilItIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := localcloud.New(localcloud.Config{Region: "us-east-1", Bucket: "ci", RoleID: "AROA"})
		defer cloud.Close()
		var network localnet.Network
		listener, err := network.Listen("s3:80")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: cloud.S3()}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		transport := network.Transport()
		defer transport.CloseIdleConnections()
		b := bucket.New(bucket.Config{
			Name: "ci", Region: "us-east-1", Endpoint: "http://s3",
			Credentials: cloud.ServerCredentials(), Client: &http.Client{Transport: transport},
		})

		keepsObjects(t, b)
	})
}

// keepsObjects is what every S3 has to do for a bucket.
func keepsObjects(t *testing.T, b *bucket.Bucket) {
	t.Helper()
	key := runner.AssignmentKey("AROA", "i-1")
	for _, want := range []string{"first", "second", strings.Repeat("x", bucket.MaxBytes)} {
		if err := b.Put(t.Context(), key, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Get(t.Context(), key); err != nil || string(got) != want {
			t.Errorf("get: got %.9q, %v, want %.9q", got, err, want)
		}
	}
	if _, err := b.Get(t.Context(), runner.ReportKey("AROA", "i-1", 1)); !errors.Is(err, bucket.ErrNotFound) {
		t.Errorf("another key: got %v, want ErrNotFound", err)
	}
	for range 2 {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Get(t.Context(), key); !errors.Is(err, bucket.ErrNotFound) {
		t.Errorf("after the delete: got %v, want ErrNotFound", err)
	}
}

// BenchmarkNew is part of what a job waits for: agent start → runner started, 30 ms in all.
func BenchmarkNew(b *testing.B) {
	w := &wire{}
	for b.Loop() {
		w.bucket("")
	}
}
