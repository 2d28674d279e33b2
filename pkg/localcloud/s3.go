package localcloud

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// newStore is an S3 that asks nobody who they are.
func newStore(bucket string) http.Handler {
	// The seed keeps gofakes3 from asking the time for one; versions are never used.
	memory := s3mem.New(s3mem.WithVersionSeed(1))
	if err := memory.CreateBucket(bucket); err != nil {
		panic(err) // the first bucket of an empty store is always free
	}
	return gofakes3.New(memory).Server()
}

// ServerCredentials are the server's: it may do everything in S3.
func (c *Cloud) ServerCredentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: c.server.id, SecretAccessKey: c.server.secret}, nil
	})
}

// S3 is S3's API, with the bucket in the path. An instance may GET and DELETE below
// runners/<role id>:<instance>/ and PUT below reports/<role id>:<instance>/. All else is 403, an
// object that is missing too: who may not list the bucket is not told what is not in it. A report
// that was put is told to Events.
func (c *Cloud) S3() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.s3Down(r.Method, objectKey(r)) {
			s3Down.write(w, r)
			return
		}
		who, denial := c.authenticate(r)
		if denial == nil && who != nil && !who.may(r) {
			denial = accessDenied
		}
		if denial != nil {
			denial.write(w, r)
			return
		}
		answer := newAnswer()
		c.s3.ServeHTTP(answer, r)
		if who != nil && answer.status == http.StatusNotFound {
			accessDenied.write(w, r)
			return
		}
		if r.Method == http.MethodPut && answer.status == http.StatusOK {
			c.created(objectKey(r)) // before the sender may go on, and power off
		}
		answer.send(w)
	})
}

// may says whether the instance's role allows a request.
func (i *instance) may(r *http.Request) bool {
	user := i.cloud.config.RoleID + ":" + i.Instance.ID + "/"
	for parameter := range r.URL.Query() {
		if parameter != "x-id" { // the SDK's name of the operation; any other makes it another operation
			return false
		}
	}
	switch r.Method {
	case http.MethodGet, http.MethodDelete:
		return strings.HasPrefix(objectKey(r), "runners/"+user)
	case http.MethodPut: // a copy would read what is another's
		return strings.HasPrefix(objectKey(r), runner.ReportPrefix+user) && r.Header.Get("X-Amz-Copy-Source") == ""
	}
	return false
}

// objectKey is the key that a request is for; empty if it is for a bucket.
func objectKey(r *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return key
}

// created notes an assignment, and tells of a report, that was put.
func (c *Cloud) created(key string) {
	if !strings.HasPrefix(key, runner.ReportPrefix) {
		c.assigned(key)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	box := c.stray
	if reporter, ok := runner.ReporterOf(key); ok && c.instances[reporter] != nil {
		box = c.instances[reporter].outbox
	}
	c.post(box, runner.Event{
		Source: runner.SourceS3, At: time.Now(),
		Object: &runner.ObjectEvent{Bucket: c.config.Bucket, Key: key},
	})
}

// assigned notes when an instance was given what to do.
func (c *Cloud) assigned(key string) {
	rest, _ := strings.CutPrefix(key, "runners/"+c.config.RoleID+":")
	id, _, _ := strings.Cut(rest, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.instances[id]; i != nil && i.assigned.IsZero() {
		i.assigned = time.Now()
	}
}
