package deploy_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/cloudtest"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
)

const public = "public.ecr.aws/mayfly/mayfly@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestWhatIsWrongIsRefusedBeforeAnythingIsTouched(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"an unknown flag":             {[]string{"--parm", "A=b"}, "`mayfly deploy --help` lists the flags"},
		"an argument":                 {[]string{"production"}, `got "production"`},
		"a stack's name with a dot":   {[]string{"--stack", "a.b"}, `--stack is "a.b": use a letter`},
		"a parameter without a value": {[]string{"--param", "AlertEmail"}, "use NAME=VALUE, as AlertEmail=ops@example.com"},
		"a parameter given twice":     {[]string{"--platform", "Lambda", "--param", "ServerPlatform=Lambda"}, "ServerPlatform is given twice"},
		"a parameter misspelt":        {[]string{"--param", "AlertEmial=ops@example.com"}, "there is no parameter AlertEmial: did you mean AlertEmail?"},
		"an e-mail that is none":      {[]string{"--param", "AlertEmail=ops"}, `AlertEmail is "ops": Has to be one address, as ops@example.com`},
		"a CIDR that is none":         {[]string{"--param", "SshCidr=10.0.0.300/24"}, `SshCidr is "10.0.0.300/24": Has to be the addresses you log in from`},
		"an unknown platform":         {[]string{"--platform", "Fargate"}, `ServerPlatform is "Fargate": use one of [AppRunner Lambda]`},
		"an image by its tag":         {[]string{"--image", "public.ecr.aws/mayfly/mayfly:latest"}, "by its digest"},
		"an image, and one to push":   {[]string{"--image", public, "--push-image"}, "leave one of them out"},
		"a push for Lambda":           {[]string{"--platform", "Lambda", "--push-image"}, "--push-image is for App Runner"},
		"a push, and it is Lambda":    {[]string{"--push-image"}, "the platform is Lambda: leave it out, or choose --platform AppRunner"},
		"App Runner and no image":     {[]string{"--platform", "AppRunner"}, "--push-image, name one with --image …@sha256:…, or choose --platform Lambda"},
		"an image that is not there":  {[]string{"--platform", "AppRunner", "--image", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:" + strings.Repeat("0", 64)}, "the registry has no such image"},
		"SSH without a CIDR":          {[]string{"--param", "SSHAllowed=true"}, "SshCidr is empty: set it to the addresses that you log in from"},
		"private without NAT":         {[]string{"--param", "PrivateSubnets=true"}, "NatGateways is None: set it to One or OnePerZone"},
		"somebody else's stack":       {[]string{"--stack", "theirs"}, `--stack is "theirs", and that stack is not of Mayfly's template`},
		"no such artifacts":           {[]string{"--artifacts", "/nowhere"}, "`make lambda` builds it into bin/"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud, dir := cloudtest.New(t), artifacts(t)
			cloud.HasStack("theirs")
			got := run(t, cloud, dir, nil, test.args...)
			if got.err == nil || !strings.Contains(got.err.Error(), test.want) {
				t.Errorf("got error %v, want %q in it", got.err, test.want)
			}
			if code := console.Exit(got.err); code != console.ExitUsage {
				t.Errorf("got exit code %d, want %d", code, console.ExitUsage)
			}
			if changed := cloud.Changing(); len(changed) > 0 {
				t.Errorf("got calls %v, want nothing changed", changed)
			}
		})
	}
}

func TestWhatAWSRefusesIsToldInASentence(t *testing.T) {
	for name, test := range map[string]struct {
		cause func(*testing.T, *cloudtest.Cloud)
		want  string
	}{
		"no region": {func(t *testing.T, _ *cloudtest.Cloud) { t.Setenv("AWS_REGION", "") }, "name one with --region, as --region eu-west-1, or in AWS_REGION"},
		"no credentials": {func(t *testing.T, _ *cloudtest.Cloud) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		}, "run `aws configure` or `aws sso login`"},
		"expired credentials":    {refuses("sts:GetCallerIdentity", "ExpiredToken"), "AWS credentials: they have expired: log in again"},
		"credentials of nobody":  {refuses("sts:GetCallerIdentity", "InvalidClientTokenId"), "AWS does not take them"},
		"expired on the way":     {refuses("cloudformation:CreateChangeSet", "ExpiredToken"), "they have expired: log in again"},
		"may not look":           {refuses("ec2:DescribeVpcs", "UnauthorizedOperation"), "AWS refuses EC2's DescribeVpcs to these credentials: have an administrator allow it"},
		"may not write":          {refuses("s3:PutObject", "AccessDenied"), "AWS refuses S3's PutObject to these credentials"},
		"may not make a stack":   {refuses("cloudformation:CreateChangeSet", "AccessDenied"), "AWS refuses CloudFormation's CreateChangeSet to these credentials"},
		"another's bucket":       {refuses("s3:HeadBucket", "AccessDenied"), "name another with --param ArtifactBucket="},
		"may not close a bucket": {refuses("s3:PutBucketPolicy", "AccessDenied"), "AWS refuses S3's PutBucketPolicy"},
		"a region of one zone":   {func(_ *testing.T, c *cloudtest.Cloud) { c.Zones = c.Zones[:1] }, "region eu-west-1 has 1 zones for this account, and a VPC needs two"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud, dir := cloudtest.New(t), artifacts(t)
			test.cause(t, cloud)
			synctest.Test(t, func(t *testing.T) {
				got := run(t, cloud, dir, nil)
				if got.err == nil || !strings.Contains(got.err.Error(), test.want) {
					t.Errorf("got error %v, want %q in it", got.err, test.want)
				}
				if got.err != nil && strings.Contains(got.err.Error(), "\n") {
					t.Errorf("got %q, want one line", got.err)
				}
			})
		})
	}
}

func refuses(operation, code string) func(*testing.T, *cloudtest.Cloud) {
	return func(_ *testing.T, cloud *cloudtest.Cloud) { cloud.Refuse[operation] = code }
}

func TestARegionThatNobodySaidIsMisuse(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	t.Setenv("AWS_REGION", "")
	if got := run(t, cloud, dir, nil); console.Exit(got.err) != console.ExitUsage {
		t.Errorf("got error %v, exit %d, want %d", got.err, console.Exit(got.err), console.ExitUsage)
	}
}

// A bucket that is there is taken for one that is closed, so one that could not be closed must not stay.
func TestABucketThatCannotBeClosedIsGoneAgain(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	cloud.Refuse["s3:PutBucketPolicy"] = "AccessDenied"
	synctest.Test(t, func(t *testing.T) {
		if got := run(t, cloud, dir, nil); got.err == nil {
			t.Error("got no error, want that the policy may not be written")
		}
		clear(cloud.Refuse)
		if printed := must(t, cloud, dir); !strings.Contains(printed, "make the bucket") {
			t.Errorf("got this, want the bucket made again:\n%s", printed)
		}
	})
}

func TestAStackThatFailsSaysWhyAndWhatToDo(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	cloud.Fail["Worker"] = "The runtime is not supported"
	synctest.Test(t, func(t *testing.T) {
		got := run(t, cloud, dir, nil)
		want := "the stack is ROLLBACK_COMPLETE, for Worker (AWS::Lambda::Function) is CREATE_FAILED: The runtime is not supported: " +
			"it was never whole, so CloudFormation wants it gone first: mend what failed, run `mayfly destroy --stack mayfly`, and deploy again"
		if got.err == nil || got.err.Error() != want {
			t.Errorf("got error %v, want %s", got.err, want)
		}
		if code := console.Exit(got.err); code != console.ExitFailed {
			t.Errorf("got exit code %d, want %d", code, console.ExitFailed)
		}
		again := run(t, cloud, dir, nil)
		if again.err == nil || !strings.Contains(again.err.Error(), "mayfly destroy --stack mayfly") {
			t.Errorf("deployed again: got error %v, want what to do first", again.err)
		}
	})
}

func TestAChangeThatCloudFormationRefusesIsWithdrawn(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	cloud.RefuseChange = "Transform AWS::Serverless failed"
	synctest.Test(t, func(t *testing.T) {
		got := run(t, cloud, dir, nil)
		if got.err == nil || !strings.Contains(got.err.Error(), "CloudFormation refuses the change: Transform") {
			t.Errorf("got error %v, want why", got.err)
		}
		cloud.RefuseChange = ""
		must(t, cloud, dir) // on what is left of the first try, an empty stack
	})
}

func TestWhoLeavesIsToldThatItGoesOn(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(stack.Every+time.Second, leave)
		got := runUntil(ctx, t, cloud, dir, nil)
		if got.err == nil || !strings.Contains(got.err.Error(), "nobody waits any more, and CloudFormation goes on with the stack mayfly") {
			t.Errorf("got error %v, want that it goes on", got.err)
		}
	})
}

func TestAnUpdateThatFailsLeavesTheStackAsItWas(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		must(t, cloud, dir)
		cloud.Fail["Worker"] = "The environment is too long"
		got := run(t, cloud, dir, nil, "--param", "MaxRunners=9")
		if got.err == nil || !strings.Contains(got.err.Error(), "The environment is too long: it is as it was before") {
			t.Errorf("got error %v, want why, and that all is as it was", got.err)
		}
		clear(cloud.Fail)
		must(t, cloud, dir, "--param", "MaxRunners=9")
	})
}

func TestAStackThatSomebodyChangesIsLeftAlone(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		must(t, cloud, dir)
		for status, want := range map[string]string{
			"UPDATE_IN_PROGRESS":     "somebody is changing it: wait until that is done",
			"UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name mayfly",
			"DELETE_FAILED":          "run `mayfly destroy --stack mayfly` again",
		} {
			cloud.SetStatus("mayfly", status)
			before := len(cloud.Changing())
			got := run(t, cloud, dir, nil)
			if got.err == nil || !strings.Contains(got.err.Error(), want) || len(cloud.Changing()) != before {
				t.Errorf("%s: got error %v and calls %v, want %q and none", status, got.err, cloud.Changing()[before:], want)
			}
		}
	})
}

func TestTheRunnerIsTheNewestThatIsKnown(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	down := func(p *deploy.Program) { p.GitHub = &http.Client{Transport: github{http.StatusBadGateway}} }
	synctest.Test(t, func(t *testing.T) {
		if got := run(t, cloud, dir, down); got.err != nil || !strings.Contains(got.printed, "GitHub could not be asked for the newest") {
			t.Fatalf("got %v, want it deployed with the one that is known, and said so:\n%s", got.err, got.printed)
		}
		if got := cloud.Parameter("mayfly", "RunnerVersion"); got != "2.338.0" {
			t.Errorf("got runner %s, want the one that the source names", got)
		}
		must(t, cloud, dir)
		if got := run(t, cloud, dir, down); got.err != nil || cloud.Parameter("mayfly", "RunnerVersion") != "2.400.0" || !strings.Contains(got.printed, "the runner stays 2.400.0") {
			t.Errorf("got %v and runner %s, want the newer one kept:\n%s", got.err, cloud.Parameter("mayfly", "RunnerVersion"), got.printed)
		}
		must(t, cloud, dir, "--param", "RunnerVersion=2.400.0")
		if got := run(t, cloud, dir, down, "--param", "RunnerVersion=2.401.0"); got.err == nil || !strings.Contains(got.err.Error(), "or set RunnerSha256X64 and RunnerSha256Arm64, too") {
			t.Errorf("got error %v, want that its SHA-256 is not known", got.err)
		}
	})
}

func TestADirectoryWithoutTheAgentsNamesWhatBuildsThem(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	if err := os.Remove(filepath.Join(dir, "agent-linux-arm64")); err != nil {
		t.Fatal(err)
	}
	if got := run(t, cloud, dir, nil); got.err == nil || !strings.Contains(got.err.Error(), "`make agents` builds it") {
		t.Errorf("got error %v, want what builds it", got.err)
	}
}
