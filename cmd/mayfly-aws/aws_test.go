//go:build aws

package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/destroy"
	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

// onMoto has the environment lead to moto, and is moto, as it was configured.
func onMoto(t *testing.T) aws.Config {
	t.Helper()
	config := awstest.Config(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": *config.BaseEndpoint, "AWS_REGION": config.Region, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "",
		"HTTPS_PROXY": "", "HTTP_PROXY": "", "NO_PROXY": "",
	} {
		t.Setenv(name, value)
	}
	return config
}

func artifacts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"lambda.zip", "agent-linux-amd64", "agent-linux-arm64"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The programs as they are installed, with the whole template.
func TestADryRunOfTheProgramsSaysWhatItWouldDo(t *testing.T) {
	onMoto(t)
	dir := artifacts(t)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir+"/", ".", "../mayfly")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	output, err := exec.CommandContext(t.Context(), filepath.Join(dir, "mayfly"), "deploy", "--dry-run", "--stack", awstest.Unique("dry")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, want := range []string{
		"in account 123456789012, region us-east-1", "ServerPlatform           Lambda", "refused without --dry-run: AlertEmail is empty", "not known whether these are enough", "make the bucket mayfly-artifacts-123456789012-us-east-1",
		"upload the agents", "nothing was changed",
	} {
		if !strings.Contains(string(output), want) {
			t.Errorf("it does not say %q:\n%s", want, output)
		}
	}
}

// github is out of reach.
type github struct{}

func (github) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("out of reach")
}

// moto tells nothing of a stack that a change set made, neither its outputs nor its parameters, so the first is made
// without one.
func TestAStackIsUpdatedAndGoes(t *testing.T) {
	config, dir, stack := onMoto(t), artifacts(t), awstest.Unique("stack")
	template, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	bucket := awstest.Unique("artifacts") // one of theirs: into ours, which wants TLS, moto takes nothing without
	if _, err := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	create := &cloudformation.CreateStackInput{StackName: &stack, TemplateBody: aws.String(string(template))}
	for _, name := range []string{"ArtifactBucket", "LambdaKey", "AgentSha256X64", "AgentSha256Arm64", "RunnerVersion", "RunnerSha256X64", "RunnerSha256Arm64"} {
		create.Parameters = append(create.Parameters, cfntypes.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String("1")})
	}
	create.Parameters = append(create.Parameters, cfntypes.Parameter{ParameterKey: aws.String("ServerPlatform"), ParameterValue: aws.String("Lambda")})
	if _, err := cloudformation.NewFromConfig(config).CreateStack(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		flags, err := deploy.ParseFlags(append(args, "--stack", stack, "--param", "ArtifactBucket="+bucket, "--param", "AlertEmail="), dir)
		if err != nil {
			t.Fatal(err)
		}
		var printed bytes.Buffer
		program := deploy.Program{
			Console: console.Console{In: strings.NewReader(""), Out: &printed}, Template: template, GitHub: &http.Client{Transport: github{}},
			Docker: func(context.Context, string, ...string) (string, error) { return "", errors.New("not needed") },
		}
		if err := program.Run(t.Context(), flags); err != nil {
			t.Fatalf("%v: %v after\n%s", args, err, printed.String())
		}
		return printed.String()
	}
	says := func(printed string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(printed, want) {
				t.Errorf("it does not say %q:\n%s", want, printed)
			}
		}
	}
	says(run("--param", "MaxRunners=9"), "upload the agents", "modify", "UPDATE_COMPLETE", "Webhook URL: https://")
	says(run("--dry-run"), "nothing was changed")
	runner := launch(t, config, stack)

	flags, err := destroy.ParseFlags([]string{"--stack", stack, "--yes", "--artifacts"})
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := (destroy.Program{Console: console.Console{Out: &printed}}).Run(t.Context(), flags); err != nil {
		t.Fatalf("%v after\n%s", err, printed.String())
	}
	says(printed.String(), "end 1 runners", "2 objects are gone", "is gone", "delete the bucket "+bucket)
	seen, err := ec2.NewFromConfig(config).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{runner}})
	if err != nil || seen.Reservations[0].Instances[0].State.Name != types.InstanceStateNameTerminated {
		t.Errorf("the runner: got %v and %v, want it terminated", seen, err)
	}
}

// launch is an instance with the stack's tag.
func launch(t *testing.T, config aws.Config, stack string) string {
	t.Helper()
	launched, err := ec2.NewFromConfig(config).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), // one of moto's own
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("mayfly-stack"), Value: &stack}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *launched.Instances[0].InstanceId
}
