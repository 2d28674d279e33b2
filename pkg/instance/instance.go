// Package instance is EC2, in the words of the domain: it launches, describes and ends instances, and
// reads what a stack has to choose from. It is the only package that knows EC2's SDK.
//
//	Launch     LaunchRequest ─▶ one CreateFleet, of type instant ─▶ instances, and an error for each pool that gave none
//	Describe   Query ─▶ DescribeInstances, by tags and ids
//	Terminate  ids ─▶ TerminateInstances
//	Image, Named, Subnets, Types: what there is
//
// A launch is called once, whatever comes of it: when to repeat it is the server's to decide, for it is
// the server that keeps EC2's budget and the frozen request. What only reads is tried again here.
package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Timeout is how long EC2 has for one call, with its repeats.
const Timeout = 10 * time.Second

// Template is a launch template: what no request says, from the instance profile to the user data.
type Template struct {
	ID      string // lt-…
	Version string // a number: what $Latest and $Default mean may change between a call and its repeat
}

// Config is what a fleet is told. Nothing in it has a default but false.
type Config struct {
	Stack     string                   // only its instances are described
	Templates map[runner.Arch]Template // by what they launch
	Owners    []string                 // accounts whose images are trusted: 12 digits, or self
	// RequireProvenance is whether images have to say by a tag what they were made from.
	RequireProvenance bool
}

// Fleet is the EC2 of one account in one region. It is safe for concurrent use; make it with [New].
type Fleet struct {
	config Config
	api    *ec2.Client
	images images
}

// New is the EC2 that an AWS configuration leads to. No call is made. The error says everything that
// is wrong with the configuration.
func New(account aws.Config, config Config) (*Fleet, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	return newFleet(account, config), nil
}

func newFleet(account aws.Config, config Config) *Fleet {
	client := ec2.NewFromConfig(account, func(o *ec2.Options) { o.Retryer = retry.NewStandard(fewRetries) })
	return &Fleet{config: config, api: client, images: images{known: map[string]Image{}}}
}

// Operations are the operations of AWS that a fleet calls. To IAM, a fleet that is created is also
// ec2:RunInstances, ec2:CreateTags and iam:PassRole.
func Operations() []string {
	return []string{
		"ec2:CreateFleet", "ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances",
		"ec2:DescribeSubnets", "ec2:TerminateInstances",
	}
}

func (c Config) check() error {
	var problems []error
	problem := func(format string, values ...any) {
		problems = append(problems, fmt.Errorf("instance: "+format, values...))
	}
	if c.Stack == "" {
		problem("Stack is empty")
	}
	if len(c.Templates) == 0 {
		problem("Templates is empty: name a launch template for %s, or %s, or both", runner.X64, runner.ARM64)
	}
	for arch, template := range c.Templates {
		if !strings.HasPrefix(template.ID, "lt-") {
			problem("Templates has %q for %s, which is not the id of a launch template: use lt-…", template.ID, arch)
		}
		if strings.Trim(template.Version, "0123456789") != "" || template.Version == "" {
			problem("Templates has version %q for %s: use a number, so that a launch repeated is the same launch", template.Version, arch)
		}
	}
	if len(c.Owners) == 0 {
		problem("Owners is empty: without it, anybody's image would do; use self, or the 12 digits of accounts")
	}
	if slices.Contains(c.Owners, "") {
		problem("Owners has an empty one: use self, or the 12 digits of an account")
	}
	return errors.Join(problems...)
}

// fewRetries: whoever calls tries again anyway.
func fewRetries(o *retry.StandardOptions) {
	o.MaxAttempts, o.MaxBackoff = 3, time.Second
}

// operation is one of the SDK's.
type operation[I, O any] func(ctx context.Context, input *I, options ...func(*ec2.Options)) (*O, error)

// call calls an operation within [Timeout].
func call[I, O any](ctx context.Context, do operation[I, O], input *I, options ...func(*ec2.Options)) (*O, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return do(ctx, input, options...)
}

// once is an operation that is not tried again.
func once(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }
