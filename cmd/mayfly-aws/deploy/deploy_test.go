package deploy_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/cloudtest"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
)

const (
	artifactBucket = "mayfly-artifacts-" + cloudtest.Account + "-" + cloudtest.Region
	controlBucket  = "ci-controlbucket"
)

func TestAStackIsMadeOfNothing(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		printed := must(t, cloud, dir, "--param", "AlertEmail=ops@example.com")
		for what, got := range map[string]string{
			"CREATE_COMPLETE":   cloud.Status("mayfly"),
			"lambda.zip":        cloud.Object(artifactBucket, "lambda/"+digest("lambda.zip")+".zip"),
			"agent-linux-amd64": cloud.Object(controlBucket, "agents/"+digest("agent-linux-amd64")),
			"agent-linux-arm64": cloud.Object(controlBucket, "agents/"+digest("agent-linux-arm64")),
			"Lambda":            cloud.Parameter("mayfly", "ServerPlatform"),
			"2.400.0":           cloud.Parameter("mayfly", "RunnerVersion"),
			"ops@example.com":   cloud.Parameter("mayfly", "AlertEmail"),
		} {
			if got != what {
				t.Errorf("got %q, want %q", got, what)
			}
		}
		for _, call := range []string{"s3:PutPublicAccessBlock", "s3:PutBucketEncryption", "s3:PutBucketPolicy"} {
			if !slices.Contains(cloud.Calls(), call) {
				t.Errorf("the artifact bucket: %s was not called", call)
			}
		}
		for _, want := range []string{
			"AWS takes no new customers for App Runner", "add       Record", "in all: add " + strconv.Itoa(strings.Count(printed, "\n  add  ")), "CREATE_COMPLETE     Worker",
			"Webhook URL: https://abc.lambda-url.eu-west-1.on.aws/webhooks/github", "--secret-string file://app.json", "AWS asks ops@example.com",
		} {
			if !strings.Contains(printed, want) {
				t.Errorf("it does not say %q:\n%s", want, printed)
			}
		}
	})
}

func TestADryRunChangesNothing(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		printed := must(t, cloud, dir, "--dry-run", "--platform", "AppRunner", "--push-image")
		if diff := cmp.Diff([]string(nil), cloud.Changing()); diff != "" {
			t.Errorf("calls that change something (-want +got):\n%s", diff)
		}
		for _, want := range []string{"make the bucket " + artifactBucket, "push it to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/mayfly", "make the stack mayfly", "nothing was changed"} {
			if !strings.Contains(printed, want) {
				t.Errorf("it does not say %q:\n%s", want, printed)
			}
		}
	})
}

func TestTheSecondTimeNothingChanges(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		must(t, cloud, dir, "--param", "MaxRunners=7")
		before := len(cloud.Changing())
		printed := must(t, cloud, dir)
		if diff := cmp.Diff([]string{"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"}, cloud.Changing()[before:]); diff != "" {
			t.Errorf("calls of the second time (-want +got):\n%s", diff)
		}
		if !strings.Contains(printed, "no changes") || !strings.Contains(printed, "Webhook URL: https://") {
			t.Errorf("got this, want that there are no changes, and where the webhook is:\n%s", printed)
		}
		if got := cloud.Parameter("mayfly", "MaxRunners"); got != "7" {
			t.Errorf("MaxRunners: got %q, want it to stay 7", got)
		}
	})
}

func TestAnUpdateHasItsAgentsFirst(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	synctest.Test(t, func(t *testing.T) {
		must(t, cloud, dir)
		if err := os.WriteFile(filepath.Join(dir, "agent-linux-amd64"), []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := len(cloud.Changing())
		printed := must(t, cloud, dir, "--param", "MaxRunners=9")
		if diff := cmp.Diff([]string{"s3:PutObject", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}, cloud.Changing()[before:]); diff != "" {
			t.Errorf("calls of the update (-want +got):\n%s", diff)
		}
		if got := cloud.Object(controlBucket, "agents/"+digest("new")); got != "new" {
			t.Errorf("agents/%s: got %q, want the new agent", digest("new"), got)
		}
		if got := cloud.Parameter("mayfly", "MaxRunners"); got != "9" || !strings.Contains(printed, "modify    Worker") {
			t.Errorf("MaxRunners: got %q, want 9, and that the worker is modified:\n%s", got, printed)
		}
	})
}

func TestOnAppRunnerTheImageIsPushedOnceAndLogsAreKept(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	cloud.AppRunner = true
	want := "sha256:" + strings.Repeat("c", 64)
	var asked []string
	docker := func(p *deploy.Program) {
		p.Docker = func(_ context.Context, input string, args ...string) (string, error) {
			asked = append(asked, strings.TrimSpace(args[0]+" "+input))
			if args[0] == "push" {
				cloud.HasImage("mayfly", strings.Repeat("d", 12), want)
			}
			return "sha256:" + strings.Repeat("d", 64) + "\n", nil
		}
	}
	synctest.Test(t, func(t *testing.T) {
		for range 2 {
			if got := run(t, cloud, dir, docker, "--push-image"); got.err != nil {
				t.Fatalf("%v after\n%s", got.err, got.printed)
			}
		}
		if diff := cmp.Diff([]string{"build", "login password", "tag", "push", "build"}, asked); diff != "" {
			t.Errorf("docker was asked (-want +got):\n%s", diff)
		}
		if got := cloud.Parameter("mayfly", "ServerImage"); got != "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mayfly@"+want {
			t.Errorf("ServerImage: got %q, want the digest that was pushed", got)
		}
		for _, kind := range []string{"application", "service"} {
			if got := cloud.LogDays("/aws/apprunner/mayfly-0a1b2c3d/0a1b/" + kind); got != 30 {
				t.Errorf("App Runner's log %s: got %d days, want 30", kind, got)
			}
		}
	})
}

func TestWhatKeepsStateIsRemovedOnlyIfConfirmed(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	cloud.HasImage("mayfly", "1", "sha256:"+strings.Repeat("c", 64))
	image := "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mayfly@sha256:" + strings.Repeat("c", 64)
	synctest.Test(t, func(t *testing.T) {
		must(t, cloud, dir, "--platform", "AppRunner", "--image", image)
		got := run(t, cloud, dir, nil, "--platform", "Lambda")
		if got.err == nil || !strings.Contains(got.err.Error(), "removes or replaces Service") || !strings.Contains(got.err.Error(), "say --yes") {
			t.Errorf("got error %v, want that the service would be removed, and what to say", got.err)
		}
		if platform := cloud.Parameter("mayfly", "ServerPlatform"); platform != "AppRunner" {
			t.Errorf("got platform %s, want nothing changed", platform)
		}
		must(t, cloud, dir, "--platform", "Lambda", "--yes")
		if platform := cloud.Parameter("mayfly", "ServerPlatform"); platform != "Lambda" {
			t.Errorf("got platform %s, want Lambda once it was confirmed", platform)
		}
		typed := run(t, cloud, dir, func(p *deploy.Program) { p.Console.Asks, p.Console.In = true, strings.NewReader("mayfly\n") }, "--platform", "AppRunner", "--image", image)
		if typed.err != nil || cloud.Parameter("mayfly", "ServerPlatform") != "AppRunner" {
			t.Errorf("got %v, want it done once the stack's name was typed", typed.err)
		}
	})
}

// CloudFormation says of whatever refers to a function that it may be replaced; that is so if the function is.
func TestANewZipAsksNothingUnlessItReplacesTheFunction(t *testing.T) {
	for name, test := range map[string]struct {
		replaced []string
		want     string // of the error; empty is none
	}{
		"the function stays":       {nil, ""},
		"the function is replaced": {[]string{"Web"}, "removes or replaces WebUrl"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud, dir := cloudtest.New(t), artifacts(t)
			synctest.Test(t, func(t *testing.T) {
				must(t, cloud, dir)
				if err := os.WriteFile(filepath.Join(dir, "lambda.zip"), []byte("new"), 0o600); err != nil {
					t.Fatal(err)
				}
				cloud.Replaced = test.replaced
				got := run(t, cloud, dir, nil)
				if (got.err == nil) != (test.want == "") || got.err != nil && !strings.Contains(got.err.Error(), test.want) {
					t.Errorf("got error %v, want %q", got.err, test.want)
				}
			})
		})
	}
}

func TestQuotasThatAreShortAreAskedFor(t *testing.T) {
	cloud, dir := cloudtest.New(t), artifacts(t)
	cloud.Quotas["L-34B43A08"] = 5
	delete(cloud.Quotas, "L-7A658B76")
	synctest.Test(t, func(t *testing.T) {
		printed := must(t, cloud, dir, "--dry-run")
		for _, want := range []string{
			"Standard Spot Instance Requests (L-34B43A08) is short: 200 runners of 2 vCPUs (MaxRunners) need 400 vCPUs", "--raise-quotas",
			"not known whether these are enough: Storage for gp3 volumes (L-7A658B76)",
		} {
			if !strings.Contains(printed, want) {
				t.Errorf("it does not say %q:\n%s", want, printed)
			}
		}
		must(t, cloud, dir, "--raise-quotas")
		if diff := cmp.Diff(map[string]float64{"L-34B43A08": 400}, cloud.Raised()); diff != "" {
			t.Errorf("quotas asked for (-want +got):\n%s", diff)
		}
		if printed := must(t, cloud, dir, "--raise-quotas"); !strings.Contains(printed, "asked for before") {
			t.Errorf("got this, want that it was asked for before:\n%s", printed)
		}
	})
}
