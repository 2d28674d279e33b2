package image

import (
	"context"
	"flag"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
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
	in, err := account.Open(ctx, region, nil)
	if err != nil {
		return nil, err
	}
	return instance.NewAMIs(in.Config), nil
}
