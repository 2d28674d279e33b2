// Package account is the AWS account that a stack is deployed to, beside CloudFormation, EC2 and S3: who asks, what
// its quotas are, whether it has App Runner, its registry of images and its logs.
package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
)

// Account is one account in one region. Make it with [Open].
type Account struct {
	Config aws.Config
	ID     string // 12 digits
	Caller string // the ARN of who asks
}

var errNoRegion = errors.New("region is empty: name one with --region, as --region eu-west-1, or in AWS_REGION")

// Open finds the account that the environment and the files of AWS's own tools lead to. An empty region is theirs, too.
// AWS is asked whose the credentials are, so that those that are wrong are told at once. A nil client is the SDK's own.
func Open(ctx context.Context, region string, client *http.Client) (Account, error) {
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithLogger(logging.Nop{})} // what is wrong is told once, by us
	if client != nil {
		options = append(options, awsconfig.WithHTTPClient(client))
	}
	if region != "" {
		options = append(options, awsconfig.WithRegion(region))
	}
	config, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return Account{}, fmt.Errorf("read AWS's settings: %w", err)
	}
	if config.Region == "" {
		return Account{}, console.Misuse(errNoRegion)
	}
	if config.Credentials == nil {
		return Account{}, errNoCredentials
	}
	if _, err := config.Credentials.Retrieve(ctx); err != nil {
		return Account{}, credentials(err)
	}
	who, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Account{}, Told(err)
	}
	return Account{Config: config, ID: aws.ToString(who.Account), Caller: aws.ToString(who.Arn)}, nil
}

// Region is the account's region.
func (a Account) Region() string { return a.Config.Region }

// Partition is which of AWS's worlds the account is in, such as aws.
func (a Account) Partition() string {
	if parts := strings.Split(a.Caller, ":"); len(parts) > 1 && parts[1] != "" {
		return parts[1]
	}
	return "aws"
}

// Bucket is a bucket of the account.
func (a Account) Bucket(name string) *bucket.Owner { return bucket.NewOwner(a.Config, name) }

var errNoCredentials = errors.New("AWS credentials: there are none: run `aws configure` or `aws sso login`, or name a profile in AWS_PROFILE")

// credentials says why there are none to be had, and what to do.
func credentials(err error) error {
	switch text := strings.ToLower(err.Error()); {
	case strings.Contains(text, "expired") || strings.Contains(text, "sso") && strings.Contains(text, "token"):
		return errExpired
	case strings.Contains(text, "no ec2 imds role found") || strings.Contains(text, "imds"):
		return errNoCredentials
	}
	return fmt.Errorf("AWS credentials: %w", err)
}
