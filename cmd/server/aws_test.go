//go:build aws || crash

package main

import (
	"encoding/json"
	"net"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb/tabletest"
)

const (
	tickKey    = "a tick's token of 32 bytes or more."
	webhookKey = "a webhook secret of 40 bytes, for a test"
)

// Of moto's own images.
const image = "099720109477/ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-*"

// account is what a stack's template makes: all that the server finds on AWS. Both secrets are empty yet.
type account struct {
	t      *testing.T
	config aws.Config

	stack, table, queueURL, bucket, apps, webhook, template, subnet string
}

func newAccount(t *testing.T) account {
	t.Helper()
	a := account{t: t, config: awstest.Config(t), stack: awstest.Unique("ci"), bucket: awstest.Unique("control")}
	a.table = tabletest.Make(t, a.config)
	queue, err := sqs.NewFromConfig(a.config).CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(awstest.Unique("jobs")), Attributes: map[string]string{"VisibilityTimeout": "60"},
	})
	a.must(err)
	a.queueURL = *queue.QueueUrl
	_, err = a.s3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &a.bucket})
	a.must(err)
	a.apps, a.webhook = a.secret("apps"), a.secret("webhook")
	a.network()
	return a
}

func (a account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a account) s3() *s3.Client {
	return s3.NewFromConfig(a.config, func(o *s3.Options) { o.UsePathStyle = true })
}

func (a account) secret(name string) (arn string) {
	a.t.Helper()
	made, err := secretsmanager.NewFromConfig(a.config).CreateSecret(a.t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(awstest.Unique(name))})
	a.must(err)
	return *made.ARN
}

func (a account) set(arn, value string) {
	a.t.Helper()
	_, err := secretsmanager.NewFromConfig(a.config).PutSecretValue(a.t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &arn, SecretString: &value})
	a.must(err)
}

// setUp fills both secrets in, with a hub's App.
func (a account) setUp(app localhub.App) {
	a.t.Helper()
	apps, err := json.Marshal([]map[string]any{{"id": app.ID, "key": app.Key.Reveal()}})
	a.must(err)
	a.set(a.apps, string(apps))
	a.set(a.webhook, webhookKey)
}

func (a *account) network() {
	a.t.Helper()
	api := ec2.NewFromConfig(a.config)
	vpc, err := api.CreateVpc(a.t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	a.must(err)
	subnet, err := api.CreateSubnet(a.t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.9.0.0/20")})
	a.must(err)
	template, err := api.CreateLaunchTemplate(a.t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(awstest.Unique("runners")), LaunchTemplateData: &types.RequestLaunchTemplateData{UserData: aws.String("e30=")},
	})
	a.must(err)
	a.subnet, a.template = *subnet.Subnet.SubnetId, *template.LaunchTemplate.LaunchTemplateId
}

// instances are those of the stack that live.
func (a account) instances() (ids []string) {
	a.t.Helper()
	answer, err := ec2.NewFromConfig(a.config).DescribeInstances(a.t.Context(), &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("tag:mayfly-stack"), Values: []string{a.stack}},
	}})
	a.must(err)
	for _, reservation := range answer.Reservations {
		for _, instance := range reservation.Instances {
			ids = append(ids, *instance.InstanceId)
		}
	}
	return ids
}

// objects are the keys in the bucket.
func (a account) objects() (keys []string) {
	a.t.Helper()
	answer, err := a.s3().ListObjectsV2(a.t.Context(), &s3.ListObjectsV2Input{Bucket: &a.bucket})
	a.must(err)
	for _, object := range answer.Contents {
		keys = append(keys, *object.Key)
	}
	return keys
}

// environment is what the stack tells the server.
func (a account) environment(listen, github string) []string {
	return []string{
		"AWS_REGION=" + a.config.Region, "AWS_ENDPOINT_URL=" + *a.config.BaseEndpoint,
		"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_EC2_METADATA_DISABLED=true",
		"MAYFLY_STACK=" + a.stack, "MAYFLY_LISTEN=" + listen, "MAYFLY_TABLE=" + a.table, "MAYFLY_QUEUE_URL=" + a.queueURL,
		"MAYFLY_BUCKET=" + a.bucket, "MAYFLY_GITHUB_APPS_ARN=" + a.apps, "MAYFLY_WEBHOOK_SECRET_ARN=" + a.webhook,
		"MAYFLY_GITHUB_URL=" + github, "MAYFLY_ROLE_ID=AROAEXAMPLE", "MAYFLY_TEMPLATE_X64=" + a.template + ":1",
		"MAYFLY_IMAGE_X64=" + image, "MAYFLY_SUBNETS=" + a.subnet, "MAYFLY_TICK_TOKEN=" + tickKey,
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// build is the real server.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "server")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return binary
}
