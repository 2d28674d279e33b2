package destroy_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/cloudtest"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/destroy"
)

const (
	artifactBucket = "mayfly-artifacts-" + cloudtest.Account + "-" + cloudtest.Region
	controlBucket  = "ci-controlbucket"
	image          = cloudtest.Account + ".dkr.ecr." + cloudtest.Region + ".amazonaws.com/mayfly"
)

// deployed is an account with a stack on App Runner, and two runners.
func deployed(t *testing.T, cloud *cloudtest.Cloud) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"lambda.zip", "agent-linux-amd64", "agent-linux-arm64"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	digest := "sha256:" + strings.Repeat("c", 64)
	cloud.HasImage("mayfly", "1", digest)
	flags, err := deploy.ParseFlags([]string{"--param", "AlertEmail=", "--platform", "AppRunner", "--image", image + "@" + digest}, dir)
	if err != nil {
		t.Fatal(err)
	}
	program := deploy.Program{
		Console: console.Console{Out: io.Discard}, Template: cloudformation.Template, AWS: cloud.Client(), GitHub: &http.Client{Transport: cloud},
		Docker: func(context.Context, string, ...string) (string, error) { return "", errors.New("not needed") },
	}
	if err := program.Run(t.Context(), flags); err != nil {
		t.Fatal(err)
	}
	cloud.Instances["i-1"], cloud.Instances["i-2"], cloud.Instances["i-0"] = "running", "pending", "terminated"
}

// run destroys. Somebody is there who types the answer, unless that is empty.
func run(t *testing.T, cloud *cloudtest.Cloud, answer string, args ...string) (string, error) {
	t.Helper()
	flags, err := destroy.ParseFlags(args)
	if err != nil {
		return "", err
	}
	var printed bytes.Buffer
	err = destroy.Program{
		Console: console.Console{In: strings.NewReader(answer + "\n"), Out: &printed, Asks: answer != ""}, AWS: cloud.Client(),
	}.Run(t.Context(), flags)
	return printed.String(), err
}

func TestAStackIsDestroyedAndWhatIsLeftIsTold(t *testing.T) {
	cloud := cloudtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		deployed(t, cloud)
		printed, err := run(t, cloud, "mayfly")
		if err != nil {
			t.Fatalf("%v after\n%s", err, printed)
		}
		if diff := cmp.Diff(map[string]string{"i-0": "terminated", "i-1": "terminated", "i-2": "terminated"}, cloud.Instances); diff != "" {
			t.Errorf("instances (-want +got):\n%s", diff)
		}
		if status := cloud.Status("mayfly"); status != "" {
			t.Errorf("the stack: got %s, want it gone", status)
		}
		if inside := cloud.Keys(controlBucket); len(inside) > 0 {
			t.Errorf("the control bucket: got %v, want nothing in it", inside)
		}
		if inside := cloud.Keys(artifactBucket); len(inside) == 0 {
			t.Error("the artifact bucket: got nothing in it, want it left alone")
		}
		for _, want := range []string{
			"end 2 runners", "2 objects are gone", "DELETE_SKIPPED      Record", "The stack mayfly is gone",
			"aws dynamodb delete-table --region eu-west-1 --table-name mayfly-Record", "aws s3 rb --force s3://" + artifactBucket,
			"aws logs delete-log-group --region eu-west-1 --log-group-name /aws/apprunner/mayfly-0a1b2c3d/0a1b/service",
			"aws ecr delete-repository --region eu-west-1 --force --repository-name mayfly",
		} {
			if !strings.Contains(printed, want) {
				t.Errorf("it does not say %q:\n%s", want, printed)
			}
		}
		if terminated, deleted := slices.Index(cloud.Calls(), "ec2:TerminateInstances"), slices.Index(cloud.Calls(), "cloudformation:DeleteStack"); terminated > deleted {
			t.Error("the stack was deleted while its runners held on to its network")
		}
	})
}

// Jobs still wait, and until the server is gone it launches for them.
func TestWhatIsLaunchedMeanwhileIsEndedToo(t *testing.T) {
	cloud := cloudtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		deployed(t, cloud)
		cloud.OnDelete = func() { cloud.Instances["i-late"] = "pending" }
		if printed, err := run(t, cloud, "", "--yes"); err != nil {
			t.Fatalf("%v after\n%s", err, printed)
		}
		if got := cloud.Instances["i-late"]; got != "terminated" {
			t.Errorf("an instance launched while the stack was deleted: got %s, want it terminated", got)
		}
	})
}

func TestTheArtifactBucketGoesIfAskedTo(t *testing.T) {
	cloud := cloudtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		deployed(t, cloud)
		printed, err := run(t, cloud, "", "--yes", "--artifacts")
		if err != nil {
			t.Fatalf("%v after\n%s", err, printed)
		}
		if last := cloud.Changing()[len(cloud.Changing())-1]; last != "s3:DeleteBucket" || strings.Contains(printed, "s3 rb") {
			t.Errorf("got %s last, want the bucket deleted, and not told of as left:\n%s", last, printed)
		}
	})
}

func TestNothingIsDestroyedUnlessItIsConfirmed(t *testing.T) {
	cloud := cloudtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		deployed(t, cloud)
		before := len(cloud.Changing())
		if _, err := run(t, cloud, "yes"); !errors.Is(err, console.ErrDeclined) {
			t.Errorf("typed another word: got error %v, want %v", err, console.ErrDeclined)
		}
		if _, err := run(t, cloud, ""); err == nil || !strings.Contains(err.Error(), "say --yes") {
			t.Errorf("nobody there: got error %v, want what to say", err)
		}
		if changed := cloud.Changing()[before:]; len(changed) > 0 {
			t.Errorf("got calls %v, want none that change anything", changed)
		}
	})
}

func TestAStackThatCannotBeDeletedSaysWhy(t *testing.T) {
	cloud := cloudtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		deployed(t, cloud)
		cloud.Fail["RunnerSecurityGroup"] = "resource sg-1 has a dependent object"
		_, err := run(t, cloud, "", "--yes")
		want := "for RunnerSecurityGroup (AWS::EC2::SecurityGroup) is DELETE_FAILED: resource sg-1 has a dependent object: mend what failed, and run `mayfly destroy --stack mayfly` again"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
		clear(cloud.Fail)
		if printed, err := run(t, cloud, "", "--yes"); err != nil {
			t.Errorf("once it was mended: got %v, want it destroyed:\n%s", err, printed)
		}
	})
}

func TestWhoLeavesIsToldThatItGoesOn(t *testing.T) {
	cloud := cloudtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		deployed(t, cloud)
		ctx, leave := context.WithCancel(t.Context())
		cloud.OnDelete = leave
		err := destroy.Program{Console: console.Console{Out: io.Discard}, AWS: cloud.Client()}.Run(ctx, destroy.Flags{Stack: "mayfly", Yes: true})
		if err == nil || !strings.Contains(err.Error(), "CloudFormation goes on deleting the stack mayfly") {
			t.Errorf("got error %v, want that it goes on", err)
		}
	})
}

func TestWhatIsWrongIsToldBeforeAnythingIsDestroyed(t *testing.T) {
	for name, test := range map[string]struct {
		args  []string
		cause func(*cloudtest.Cloud)
		want  string
		code  int
	}{
		"an unknown flag":     {[]string{"--all"}, nil, "`mayfly destroy --help` lists the flags", console.ExitUsage},
		"an argument":         {[]string{"production"}, nil, `got "production"`, console.ExitUsage},
		"no stack's name":     {[]string{"--stack", ""}, nil, "--stack is empty", console.ExitUsage},
		"no such stack":       {[]string{"--stack", "other", "--yes"}, nil, `--stack is "other", and account 123456789012 has no such stack in eu-west-1`, console.ExitUsage},
		"somebody else's":     {[]string{"--stack", "theirs", "--yes"}, func(c *cloudtest.Cloud) { c.HasStack("theirs") }, "is not of Mayfly's template", console.ExitUsage},
		"a stack at work":     {[]string{"--yes"}, func(c *cloudtest.Cloud) { c.SetStatus("mayfly", "UPDATE_IN_PROGRESS") }, "somebody is changing it", console.ExitFailed},
		"expired credentials": {[]string{"--yes"}, func(c *cloudtest.Cloud) { c.Refuse["sts:GetCallerIdentity"] = "ExpiredToken" }, "they have expired", console.ExitFailed},
		"may not terminate":   {[]string{"--yes"}, func(c *cloudtest.Cloud) { c.Refuse["ec2:TerminateInstances"] = "UnauthorizedOperation" }, "AWS refuses EC2's TerminateInstances", console.ExitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := cloudtest.New(t)
			synctest.Test(t, func(t *testing.T) {
				deployed(t, cloud)
				if test.cause != nil {
					test.cause(cloud)
				}
				_, err := run(t, cloud, "", test.args...)
				if err == nil || !strings.Contains(err.Error(), test.want) || console.Exit(err) != test.code {
					t.Errorf("got error %v, exit %d, want %q in it, and %d", err, console.Exit(err), test.want, test.code)
				}
				if slices.Contains(cloud.Calls(), "cloudformation:DeleteStack") {
					t.Error("the stack was deleted")
				}
			})
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	if _, err := destroy.ParseFlags([]string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v, want %v", err, flag.ErrHelp)
	}
}
