package cloudtest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
)

// s3Operation tells S3's operations apart, which have no names on the wire.
func s3Operation(r *http.Request) string {
	query, object := r.URL.Query(), len(r.URL.Path) > 1
	switch {
	case query.Has("publicAccessBlock"):
		return "PutPublicAccessBlock"
	case query.Has("encryption"):
		return "PutBucketEncryption"
	case query.Has("policy"):
		return "PutBucketPolicy"
	case query.Has("versions"):
		return "ListObjectVersions"
	case query.Has("delete"):
		return "DeleteObjects"
	}
	name := map[string]string{http.MethodHead: "Head", http.MethodPut: "Put", http.MethodGet: "Get", http.MethodDelete: "Delete"}[r.Method]
	switch {
	case object:
		return name + "Object"
	case r.Method == http.MethodPut:
		return "CreateBucket"
	}
	return name + "Bucket"
}

// object answers a request to S3, whose bucket is the host's first part.
func (c *Cloud) object(w http.ResponseWriter, r *http.Request) {
	switch s3Operation(r) {
	case "PutPublicAccessBlock", "PutBucketEncryption", "PutBucketPolicy": // which gofakes3 does not know
		return
	}
	bucket, _, _ := strings.Cut(r.URL.Host, ".")
	inside := r.Clone(r.Context())
	inside.URL.Host, inside.Host = "s3.local", "s3.local"
	inside.URL.Path = "/" + bucket + r.URL.Path
	inside.URL.RawPath, inside.RequestURI = "", inside.URL.Path
	if r.Method == http.MethodPut {
		inside.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10)) // as Go's server would have it
	}
	if s3Operation(r) == "DeleteObjects" {
		told, _ := io.ReadAll(r.Body)
		told = versions.ReplaceAll(told, nil)
		inside.Body, inside.ContentLength = io.NopCloser(bytes.NewReader(told)), int64(len(told))
	}
	c.s3.ServeHTTP(w, inside)
}

// versions are left out: S3 deletes the only version of an object by its id, null, and gofakes3 does not.
var versions = regexp.MustCompile(`<VersionId>[^<]*</VersionId>`)

// Object is what is in a bucket under a key; empty if there is nothing.
func (c *Cloud) Object(bucket, key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read(bucket, key)
}

func (c *Cloud) read(bucket, key string) string {
	recorder := httptest.NewRecorder()
	c.s3.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/"+bucket+"/"+key, http.NoBody)) //nolint:noctx // a recorder's request waits for nothing
	if recorder.Code != http.StatusOK {
		return ""
	}
	return recorder.Body.String()
}

// Keys are what is in a bucket.
func (c *Cloud) Keys(bucket string) (keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.read(bucket, "")
	for _, after := range strings.Split(list, "<Key>")[1:] {
		key, _, _ := strings.Cut(after, "</Key>")
		keys = append(keys, key)
	}
	return keys
}

func (c *Cloud) makeBucket(name string) {
	c.s3.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/"+name, http.NoBody)) //nolint:noctx // the same
}
