//go:build aws

package bucket_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
)

// owned counts what an owner calls, by what S3 is asked on the wire.
type owned struct{ calls *awstest.Calls }

func (o owned) RoundTrip(r *http.Request) (*http.Response, error) {
	parts := strings.SplitN(strings.Trim(r.URL.Path, "/"), "/", 2)
	name := r.Method + map[bool]string{true: " object", false: " bucket"}[len(parts) == 2]
	for _, about := range []string{"delete", "encryption", "policy", "publicAccessBlock", "versions"} {
		if r.URL.Query().Has(about) {
			name = r.Method + " " + about
		}
	}
	o.calls.Count(map[string]string{
		"HEAD bucket": "s3:HeadBucket", "PUT bucket": "s3:CreateBucket", "DELETE bucket": "s3:DeleteBucket", "HEAD object": "s3:HeadObject", "PUT object": "s3:PutObject",
		"POST delete": "s3:DeleteObjects", "PUT encryption": "s3:PutBucketEncryption", "PUT policy": "s3:PutBucketPolicy",
		"PUT publicAccessBlock": "s3:PutPublicAccessBlock", "GET versions": "s3:ListObjectVersions",
	}[name])
	return http.DefaultTransport.RoundTrip(r)
}

func TestAnOwnerMakesFillsAndEmptiesABucketAndCallsNothingElse(t *testing.T) {
	config := awstest.Config(t)
	var calls awstest.Calls
	owner := func(name string) *bucket.Owner {
		counted := config.Copy()
		counted.HTTPClient = &http.Client{Transport: owned{&calls}}
		return bucket.NewOwner(counted, name)
	}
	is := func(what string, want bool) func(bool, error) {
		return func(got bool, err error) {
			t.Helper()
			if err != nil || got != want {
				t.Errorf("%s: got %t and %v, want %t", what, got, err, want)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	raw := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })

	closed := awstest.Unique("closed")
	is("before it is made", false)(owner(closed).Exists(t.Context()))
	must(owner(closed).Make(t.Context(), "aws"))
	must(owner(closed).Make(t.Context(), "aws"))
	is("once it is made", true)(owner(closed).Exists(t.Context()))
	policy, err := raw.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &closed})
	if err != nil || !strings.Contains(aws.ToString(policy.Policy), `"Resource":["arn:aws:s3:::`+closed+`","arn:aws:s3:::`+closed+`/*"]`) {
		t.Errorf("got policy %v and %v, want one about all of the bucket", policy, err)
	}

	// moto keeps to the policy, and speaks no TLS: what goes into a bucket goes into another.
	open := awstest.Unique("open")
	_, err = raw.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &open})
	must(err)
	is("an object before it is put", false)(owner(open).Has(t.Context(), "agents/1"))
	must(owner(open).Put(t.Context(), "agents/1", bytes.NewReader(make([]byte, 5<<20))))
	must(owner(open).Put(t.Context(), "agents/2", strings.NewReader("2")))
	is("an object once it is put", true)(owner(open).Has(t.Context(), "agents/1"))
	if err := owner(open).Remove(t.Context()); err == nil {
		t.Error("a bucket with something in it: got no error, want it to stay")
	}
	if deleted, err := owner(open).Empty(t.Context()); err != nil || deleted != 2 {
		t.Errorf("got %d objects deleted and %v, want 2", deleted, err)
	}
	is("an object once the bucket is emptied", false)(owner(open).Has(t.Context(), "agents/1"))
	must(owner(open).Remove(t.Context()))
	must(owner(open).Remove(t.Context()))
	is("once it is removed", false)(owner(open).Exists(t.Context()))
	calls.Check(t, bucket.OwnerOperations())
}
