//go:build aws

package bucket_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
)

// counted counts requests by what S3 does on them. A request about the bucket itself is none of ours.
type counted struct{ calls *awstest.Calls }

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := map[string]string{"DELETE": "s3:DeleteObject", "GET": "s3:GetObject", "PUT": "s3:PutObject"}[r.Method]
	if operation == "" || r.URL.RawQuery != "" && r.URL.RawQuery != "x-id="+operation[len("s3:"):] {
		operation = "s3: " + r.Method + " " + r.URL.RawQuery
	}
	c.calls.Count(operation)
	return http.DefaultTransport.RoundTrip(r)
}

func TestABucketOnS3KeepsObjectsAndCallsNothingElse(t *testing.T) {
	config := awstest.Config(t)
	name := awstest.Unique("control")
	made := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := made.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	var calls awstest.Calls
	keepsObjects(t, bucket.New(bucket.Config{
		Name: name, Region: config.Region, Endpoint: *config.BaseEndpoint, Credentials: config.Credentials,
		Client: &http.Client{Transport: counted{&calls}},
	}))
	calls.Check(t, bucket.Operations())
}
