package bucket

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// OwnerOperations are the operations of AWS that an owner calls.
func OwnerOperations() []string {
	return []string{
		"s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteObjects", "s3:HeadBucket", "s3:HeadObject", "s3:ListObjectVersions",
		"s3:PutBucketEncryption", "s3:PutBucketPolicy", "s3:PutObject", "s3:PutPublicAccessBlock",
	}
}

// Empty deletes all that is in the bucket, earlier versions too, and says how much that was.
func (o *Owner) Empty(ctx context.Context) (deleted int, err error) {
	pages := s3.NewListObjectVersionsPaginator(o.bucket.client, &s3.ListObjectVersionsInput{Bucket: &o.bucket.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return deleted, o.bucket.wrap("list", "it", err)
		}
		n, err := o.delete(ctx, page)
		if err != nil {
			return deleted, err
		}
		deleted += n
	}
	return deleted, nil
}

// delete deletes a page, which has as many as one call deletes.
func (o *Owner) delete(ctx context.Context, page *s3.ListObjectVersionsOutput) (int, error) {
	var all []types.ObjectIdentifier
	for _, one := range page.Versions {
		all = append(all, types.ObjectIdentifier{Key: one.Key, VersionId: one.VersionId})
	}
	for _, one := range page.DeleteMarkers {
		all = append(all, types.ObjectIdentifier{Key: one.Key, VersionId: one.VersionId})
	}
	if len(all) == 0 {
		return 0, nil
	}
	done, err := o.bucket.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &o.bucket.name, Delete: &types.Delete{Objects: all, Quiet: aws.Bool(true)}})
	if err != nil {
		return 0, o.bucket.wrap("empty", "it", err)
	}
	if len(done.Errors) > 0 {
		first := done.Errors[0]
		return 0, fmt.Errorf("bucket %s: delete %s: %s", o.bucket.name, aws.ToString(first.Key), aws.ToString(first.Message))
	}
	return len(all), nil
}

// Remove deletes the bucket, which has to be empty. One that is not there is deleted already.
func (o *Owner) Remove(ctx context.Context) error {
	_, err := o.bucket.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &o.bucket.name})
	if status(err) == http.StatusNotFound {
		return nil
	}
	return o.bucket.wrap("remove", "it", err)
}
