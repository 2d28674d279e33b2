//go:build crash

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// serveS3 says where the instances reach the bucket, and tells them so.
func (c *cloud) serveS3(s3 http.Handler) {
	c.t.Helper()
	server := httptest.NewServer(c.asInstance(s3))
	c.t.Cleanup(server.Close)
	var err error
	c.userData, err = assignment.EncodeUserData(assignment.UserData{
		Bucket: c.bucket, RoleID: "AROAEXAMPLE", S3Endpoint: server.URL, RunnerCommand: []string{"/opt/runner/run.sh"}, PowerOff: []string{"poweroff"},
	})
	c.must(err)
}

// noting notes which assignments are written.
func (c *cloud) noting(s3 http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s3.ServeHTTP(w, r)
		if r.Method == http.MethodPut {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.written[r.URL.Path] = true
		}
	})
}

// asInstance is the bucket as an instance may use it. It may not list, so an object that is not there is
// forbidden, as on S3; moto is not asked. Of a report the queue is told.
func (c *cloud) asInstance(s3 http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		isThere := c.written[r.URL.Path]
		c.mu.Unlock()
		if r.Method == http.MethodGet && !isThere {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>") // whoever is gone needs no answer
			return
		}
		s3.ServeHTTP(w, r)
		if r.Method == http.MethodPut {
			key := strings.TrimPrefix(r.URL.Path, "/"+c.bucket+"/")
			c.tell(context.WithoutCancel(r.Context()), runner.Event{Source: runner.SourceS3, Object: &runner.ObjectEvent{Bucket: c.bucket, Key: key}})
		}
	})
}
