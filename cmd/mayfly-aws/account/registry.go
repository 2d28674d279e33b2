package account

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// Registry is the host of the account's registry of images.
func (a Account) Registry() string {
	return fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com", a.ID, a.Region())
}

// MakeRepository makes a repository of images, if there is none: private, scanned, and with tags that cannot be moved.
func (a Account) MakeRepository(ctx context.Context, name string) error {
	_, err := ecr.NewFromConfig(a.Config).CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName: &name, ImageTagMutability: types.ImageTagMutabilityImmutable,
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true},
	})
	var twice *types.RepositoryAlreadyExistsException
	if errors.As(err, &twice) {
		return nil
	}
	return Told(err)
}

// RegistryPassword is a password for the registry, for twelve hours. Its user is AWS.
func (a Account) RegistryPassword(ctx context.Context) (string, error) {
	token, err := ecr.NewFromConfig(a.Config).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", Told(err)
	}
	if len(token.AuthorizationData) == 0 {
		return "", errors.New("the registry gave no password")
	}
	pair, err := base64.StdEncoding.DecodeString(aws.ToString(token.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		return "", fmt.Errorf("read the registry's password: %w", err)
	}
	_, password, _ := strings.Cut(string(pair), ":")
	return password, nil
}

// Digest is the digest of an image in a repository, by its tag or by the digest itself; empty if it is not there.
func (a Account) Digest(ctx context.Context, repository, tagOrDigest string) (string, error) {
	id := types.ImageIdentifier{ImageTag: &tagOrDigest}
	if strings.HasPrefix(tagOrDigest, "sha256:") {
		id = types.ImageIdentifier{ImageDigest: &tagOrDigest}
	}
	found, err := ecr.NewFromConfig(a.Config).DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: &repository, ImageIds: []types.ImageIdentifier{id}})
	var noImage *types.ImageNotFoundException
	var noRepository *types.RepositoryNotFoundException
	switch {
	case errors.As(err, &noImage), errors.As(err, &noRepository):
		return "", nil
	case err != nil:
		return "", Told(err)
	case len(found.ImageDetails) == 0:
		return "", nil
	}
	return aws.ToString(found.ImageDetails[0].ImageDigest), nil
}
