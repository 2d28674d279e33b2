package image

import (
	"context"
	"flag"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// open reads a command's flags, a region among them and so many arguments after them, and is EC2 there.
func (a App) open(ctx context.Context, flags *flag.FlagSet, args []string, count int) (amis AMIs, region string, err error) {
	flags.StringVar(&region, "region", regionOf(a.Getenv), "")
	if err := parse(flags, args, count); err != nil {
		return nil, "", err
	}
	if err := checkRegion(region); err != nil {
		return nil, "", err
	}
	amis, err = a.connect(ctx, region)
	return amis, region, err
}

// connect is EC2 in a region, as whoever calls is to AWS.
func (a App) connect(ctx context.Context, region string) (AMIs, error) {
	if a.Connect != nil {
		return a.Connect(ctx, region)
	}
	account, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("AWS's configuration: %w", err)
	}
	if err := checkCredentials(ctx, account); err != nil {
		return nil, err
	}
	return instance.NewAMIs(account), nil
}

// checkCredentials says early, and in words, what each call would else say late.
func checkCredentials(ctx context.Context, account aws.Config) error {
	ctx, cancel := context.WithTimeout(ctx, instance.Timeout)
	defer cancel()
	if _, err := account.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("there are no credentials for AWS: run `aws configure` or `aws sso login`, or set AWS_PROFILE (%w)", err)
	}
	return nil
}
