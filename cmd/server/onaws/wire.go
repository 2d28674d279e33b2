// Package onaws makes the server of AWS's adapters, for the commands that host it: a container's, and a
// function's of Lambda.
package onaws

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/outbound"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/pkg/secret/secretsmanager"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/alert/sns"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
	"github.com/mayfly-ci/mayfly/server/usage/cloudwatch"
)

// Front is what a host puts before the queue; nil is nothing.
type Front func(*sqs.Queue) server.Queue

// New makes the server of AWS's adapters. No call is made.
func New(ctx context.Context, told settings.Settings, front Front, log *slog.Logger, masker *secret.Masker) (*server.Server, error) {
	account, err := Account(ctx, told.Server.Region, told.CABundle)
	if err != nil {
		return nil, err
	}
	fleet, err := instance.New(account, fleetOf(told))
	if err != nil {
		return nil, err
	}
	client, err := outbound.New(outbound.Config{CABundle: told.CABundle})
	if err != nil {
		return nil, fmt.Errorf("MAYFLY_CA_BUNDLE: %w", err)
	}
	github, err := githubapp.New(githubapp.Config{BaseURL: told.GitHubURL, Client: client, Masker: masker})
	if err != nil {
		return nil, fmt.Errorf("MAYFLY_GITHUB_URL: %w", err)
	}
	secrets := secretsmanager.New(secretsmanager.Config{AWS: account, Masker: masker, Log: log})
	queue := sqs.New(account, told.QueueURL)
	seams := server.Seams{
		Queue: queue, Record: dynamodb.New(account, told.Table), Fleet: fleet,
		GitHub:  &apps{Client: github, source: secrets, arn: told.Apps, log: log},
		Secrets: signing{source: secrets, arn: told.Webhook},
		Stock:   (&stockroom{region: fleet, told: told}).Stock,
		Objects: bucket.New(bucket.Config{
			Name: told.Bucket, Region: account.Region, Endpoint: aws.ToString(account.BaseEndpoint), Credentials: account.Credentials,
		}),
	}
	if front != nil {
		seams.Queue = front(queue)
	}
	alarmed(&seams, account, told)
	config := told.Server
	config.Holder, config.Log, config.Masker = holder(), log, masker
	return server.New(config, seams)
}

// alarmed has a server tell the stack's alarms, and people, what they are to know.
func alarmed(seams *server.Seams, account aws.Config, told settings.Settings) {
	if told.AlertTopic != "" {
		seams.Alerts = sns.New(account, told.AlertTopic, told.Server.Stack)
	}
	if told.UsageMetric {
		meter := cloudwatch.New(account, told.Server.Stack)
		seams.Usage, seams.Ages = meter, meter
	}
}

// Account is the account and region that the environment leads to, as for any program of AWS's: with
// its credentials, proxies and, for stand-ins, AWS_ENDPOINT_URL. An empty bundle is the system's certificates.
func Account(ctx context.Context, region, caBundle string) (aws.Config, error) {
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithRegion(region)}
	if caBundle != "" {
		bundle, err := os.ReadFile(caBundle)
		if err != nil {
			return aws.Config{}, fmt.Errorf("MAYFLY_CA_BUNDLE: %w", err)
		}
		options = append(options, awsconfig.WithCustomCABundle(bytes.NewReader(bundle)))
	}
	account, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("AWS's settings: %w", err)
	}
	return account, nil
}

// fleetOf trusts the owners of the images that the stack names.
func fleetOf(told settings.Settings) instance.Config {
	config := instance.Config{Stack: told.Server.Stack, Templates: map[runner.Arch]instance.Template{}, RequireProvenance: told.RequireProvenance}
	for arch, template := range told.Templates {
		config.Templates[arch] = instance.Template{ID: template.ID, Version: template.Version}
	}
	owners := slices.Concat(told.ImageOwners, told.Server.Policy.AMIOwners)
	for _, image := range told.Images {
		owners = append(owners, image.Owner)
	}
	for _, image := range told.NamedImages {
		owners = append(owners, image.Owner)
	}
	slices.Sort(owners)
	config.Owners = slices.DeleteFunc(slices.Compact(owners), func(owner string) bool { return owner == "" })
	return config
}

// holder is a name that no other process has.
func holder() string {
	host, _ := os.Hostname() // without one the rest will do
	return host + "-" + rand.Text()
}
