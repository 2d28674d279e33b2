// Package bucket is S3, as the server and the agent use it: small whole objects in one bucket. It
// is the only package that knows S3's SDK.
//
// Nothing is looked up: no configuration file, no environment, no metadata. The agent makes a bucket
// while a job waits, so [New] does next to nothing.
package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// MaxBytes is how long an object may be: 64 KiB.
const MaxBytes = 64 << 10

// ErrNotFound says that the object is not there, not there yet, or not ours to see. S3 answers 404
// to who may list the bucket and 403 to who may not, so for an instance the three look the same.
// Source: docs.aws.amazon.com, S3 API Reference, "GetObject", permissions.
var ErrNotFound = errors.New("no such object, or no right to it")

// Config is what a bucket needs.
type Config struct {
	Name        string
	Region      string
	Endpoint    string // a URL, with the bucket in the path; empty is AWS's own
	Credentials aws.CredentialsProvider
	Client      *http.Client // nil is the SDK's own
}

// Bucket is one bucket. It is safe for concurrent use.
type Bucket struct {
	name   string
	client *s3.Client
}

// New is the bucket. No request is made.
func New(config Config) *Bucket {
	options := s3.Options{
		Region:      config.Region,
		Credentials: aws.NewCredentialsCache(config.Credentials),
		Retryer:     retry.NewStandard(fewRetries),
		// The SDK's own wish is a CRC32 in a trailer, which not every S3 can read.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	}
	if config.Client != nil {
		options.HTTPClient = config.Client
	}
	if config.Endpoint != "" {
		options.BaseEndpoint, options.UsePathStyle = aws.String(config.Endpoint), true
	}
	return &Bucket{name: config.Name, client: s3.New(options)}
}

// Operations are the operations of AWS that a bucket calls.
func Operations() []string { return []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"} }

// fewRetries: whoever calls tries again anyway. The waits have no jitter, for they are seldom and
// short, and so a test in fake time is the same each time.
func fewRetries(o *retry.StandardOptions) {
	o.MaxAttempts = 3
	o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
		return time.Duration(attempt) * 100 * time.Millisecond, nil
	})
}

// Get reads an object of at most [MaxBytes]; a longer one is an error. [ErrNotFound] is wrapped.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	object, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, b.wrap("get", key, err)
	}
	defer func() { _ = object.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(object.Body, MaxBytes+1))
	if err != nil {
		return nil, b.wrap("get", key, err)
	}
	if len(body) > MaxBytes {
		return nil, fmt.Errorf("bucket %s: get %s: it is longer than the %d bytes that are allowed", b.name, key, MaxBytes)
	}
	return body, nil
}

// Put writes an object, over one that may be there.
func (b *Bucket) Put(ctx context.Context, key string, body []byte) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(body)})
	return b.wrap("put", key, err)
}

// Delete deletes an object. One that is not there is deleted already.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
	return b.wrap("delete", key, err)
}

func (b *Bucket) wrap(verb, key string, err error) error {
	if err == nil {
		return nil
	}
	var answer *awshttp.ResponseError
	if verb == "get" && errors.As(err, &answer) {
		switch answer.HTTPStatusCode() {
		case http.StatusNotFound, http.StatusForbidden:
			err = fmt.Errorf("%w (%w)", ErrNotFound, err)
		}
	}
	return fmt.Errorf("bucket %s: %s %s: %w", b.name, verb, key, err)
}
