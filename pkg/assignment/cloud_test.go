package assignment_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// cloud is an instance's metadata, and a bucket that takes only what is signed as AWS's SDK signs it.
type cloud struct {
	imds, s3, tls string // where they are; tls is the bucket, too
	agent         string // what is in the bucket, under whatever key

	mu     sync.Mutex
	paths  []string // that were asked for
	faults map[string]*faulty
}

// faulty answers so many times in the place of what is right.
type faulty struct {
	left   int
	answer http.HandlerFunc
}

var role = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "se+cr/et", SessionToken: "to+k/en=="}

func (c *cloud) open(t *testing.T) {
	t.Helper()
	c.faults = map[string]*faulty{}
	c.imds = c.serve(t, httptest.NewServer, http.HandlerFunc(c.metadata))
	c.s3 = c.serve(t, httptest.NewServer, http.HandlerFunc(c.bucket))
	c.tls = c.serve(t, httptest.NewTLSServer, http.HandlerFunc(c.bucket))
}

func (c *cloud) serve(t *testing.T, start func(http.Handler) *httptest.Server, next http.Handler) string {
	t.Helper()
	server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := c.note(r.URL.Path); fault != nil {
			fault(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// fault has a handler answer so many times at a path, or anywhere in the bucket, which is "/control/".
func (c *cloud) fault(path string, times int, answer http.HandlerFunc) {
	c.faults[path] = &faulty{times, answer}
}

func (c *cloud) note(path string) http.HandlerFunc {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths = append(c.paths, path)
	for at, fault := range c.faults {
		below := at == "/control/" && strings.HasPrefix(path, at)
		if (path == at || below) && fault.left > 0 {
			fault.left--
			return fault.answer
		}
	}
	return nil
}

func (c *cloud) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths
}

func (c *cloud) metadata(w http.ResponseWriter, r *http.Request) {
	const token = "AQAEAToken=="
	answers := map[string]string{
		"placement/region": "eu-west-1", "services/domain": "amazonaws.com", "iam/security-credentials/": "mayfly-runner",
		"iam/security-credentials/mayfly-runner": `{
  "Code" : "Success", "Type" : "AWS-HMAC",
  "AccessKeyId" : "` + role.AccessKeyID + `",
  "SecretAccessKey" : "` + role.SecretAccessKey + `",
  "Token" : "` + role.SessionToken + `",
  "Expiration" : "2026-01-01T00:00:00Z"
}`,
	}
	answer, found := answers[strings.TrimPrefix(r.URL.Path, "/latest/meta-data/")]
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" && r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "":
		_, _ = io.WriteString(w, token)
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != token:
		w.WriteHeader(http.StatusUnauthorized)
	case !found:
		http.NotFound(w, r)
	default:
		_, _ = io.WriteString(w, answer)
	}
}

func (c *cloud) bucket(w http.ResponseWriter, r *http.Request) {
	if !signed(r) || !strings.HasPrefix(r.URL.Path, "/control/agents/") {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, c.agent)
}

// signed says whether a request's signature is the one that AWS's SDK would have made of it.
func signed(r *http.Request) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return false
	}
	again := &http.Request{Method: r.Method, Host: r.Host, URL: &url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path}, Header: http.Header{}}
	payload := r.Header.Get("X-Amz-Content-Sha256")
	again.Header.Set("X-Amz-Content-Sha256", payload)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(r.Context(), role, again, payload, "s3", "eu-west-1", at); err != nil {
		return false
	}
	// curl puts no spaces after the commas, and S3 does not mind.
	plain := strings.NewReplacer(", ", ",")
	return plain.Replace(again.Header.Get("Authorization")) == plain.Replace(r.Header.Get("Authorization"))
}
