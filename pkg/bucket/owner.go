package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Owner is a bucket as whoever deploys a stack has it: it is made, filled and emptied. The server and the agent may
// none of that. It is safe for concurrent use.
type Owner struct {
	bucket *Bucket
	region string
}

// NewOwner is a bucket of the account and region that an AWS configuration leads to. No request is made.
func NewOwner(account aws.Config, name string) *Owner {
	client := s3.NewFromConfig(account, func(o *s3.Options) {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.UsePathStyle = account.BaseEndpoint != nil // a stand-in's, which has no names for its buckets
	})
	return &Owner{&Bucket{name: name, client: client}, account.Region}
}

// ErrForeign says that a bucket of that name is somewhere else: names are the whole world's.
var ErrForeign = errors.New("a bucket of that name is another account's or in another region, or these credentials may not see it")

// Exists says whether the bucket is there. [ErrForeign] is wrapped.
func (o *Owner) Exists(ctx context.Context) (bool, error) {
	_, err := o.bucket.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &o.bucket.name})
	switch status(err) {
	case http.StatusNotFound:
		return false, nil
	case http.StatusForbidden, http.StatusMovedPermanently:
		return false, fmt.Errorf("bucket %s: %w (%w)", o.bucket.name, ErrForeign, err)
	}
	return err == nil, o.bucket.wrap("look for", "it", err)
}

// Make makes the bucket, if there is none, and sees to it that it is closed: nothing in it is public, all is encrypted, and
// it speaks TLS alone. Its partition is aws, or that of another of AWS's worlds, such as aws-us-gov. What it has is named by
// its SHA-256, so no versions are kept.
func (o *Owner) Make(ctx context.Context, partition string) error {
	create := &s3.CreateBucketInput{Bucket: &o.bucket.name, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	if o.region != "us-east-1" { // which is S3's own default, and must not be named
		create.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(o.region)}
	}
	_, err := o.bucket.client.CreateBucket(ctx, create)
	var ours *types.BucketAlreadyOwnedByYou
	var others *types.BucketAlreadyExists
	switch {
	case errors.As(err, &others):
		return fmt.Errorf("bucket %s: %w", o.bucket.name, ErrForeign)
	case err != nil && !errors.As(err, &ours):
		return o.bucket.wrap("make", "it", err)
	}
	if err := o.close(ctx, partition); err != nil {
		return errors.Join(err, o.Remove(ctx)) // or the next one to look would take it for made
	}
	return nil
}

func (o *Owner) close(ctx context.Context, partition string) error {
	yes := aws.Bool(true)
	_, err := o.bucket.client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &o.bucket.name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes,
		},
	})
	if err != nil {
		return o.bucket.wrap("close", "it", err)
	}
	_, err = o.bucket.client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &o.bucket.name, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}}},
		},
	})
	if err != nil {
		return o.bucket.wrap("encrypt", "it", err)
	}
	_, err = o.bucket.client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &o.bucket.name, Policy: aws.String(tlsOnly(partition, o.bucket.name))})
	return o.bucket.wrap("write the policy of", "it", err)
}

func tlsOnly(partition, name string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"TlsOnly","Effect":"Deny","Principal":"*","Action":"s3:*",`+
		`"Resource":["arn:%[1]s:s3:::%[2]s","arn:%[1]s:s3:::%[2]s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, partition, name)
}

// Has says whether an object is there.
func (o *Owner) Has(ctx context.Context, key string) (bool, error) {
	_, err := o.bucket.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &o.bucket.name, Key: &key})
	if status(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil, o.bucket.wrap("look for", key, err)
}

// Put writes an object of any length, over one that may be there.
func (o *Owner) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	_, err := o.bucket.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &o.bucket.name, Key: &key, Body: body})
	return o.bucket.wrap("put", key, err)
}

// status is the HTTP status of an error; 0 of none.
func status(err error) int {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}
