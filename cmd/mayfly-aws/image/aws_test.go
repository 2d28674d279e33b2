//go:build aws

package image

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// onMoto is the exit code of a command that finds its account as it does for everybody, and what it printed.
func onMoto(t *testing.T, args ...string) (code int, out, problems string) {
	t.Helper()
	var stdout bytes.Buffer
	code, problems = ended(App{Out: &stdout, Getenv: os.Getenv}.Run(t.Context(), args))
	return code, stdout.String(), problems
}

func TestImagesArePromotedAndRolledBackInAnAccount(t *testing.T) {
	account := awstest.Config(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": *account.BaseEndpoint, "AWS_REGION": account.Region, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
	} {
		t.Setenv(name, value)
	}
	amis := instance.NewAMIs(account)
	var ids []string
	for range 2 {
		id := registered(t, account)
		tags := map[string]string{tagImage: "ubuntu26-minimal-x64", tagProfile: "compat", tagVerified: "2026-11-21T00:00:00Z", tagVersion: "2.330.0", tagReleased: "2026-11-18"}
		if err := amis.Tag(t.Context(), id, tags); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	unverified := registered(t, account)
	if err := amis.Tag(t.Context(), unverified, map[string]string{tagImage: "ubuntu26-minimal-x64", tagProfile: "compat"}); err != nil {
		t.Fatal(err)
	}
	if code, _, problems := onMoto(t, "promote", unverified); code != console.ExitFailed || !strings.Contains(problems, "has no tag "+tagVerified) {
		t.Errorf("promote what nobody saw boot: got %d, %s", code, problems)
	}
	if err := amis.Tag(t.Context(), ids[0], map[string]string{tagPromoted: "2026-11-20T00:00:00Z"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want string
	}{{[]string{"promote", ids[1]}, ids[1]}, {[]string{"rollback", "ubuntu26-minimal-x64"}, ids[0]}} {
		if code, out, problems := onMoto(t, step.args...); code != 0 || !strings.HasPrefix(out, step.want) {
			t.Errorf("%q: got %d, %s%s", step.args, code, out, problems)
		}
		code, out, problems := onMoto(t, "list", "--json", "--image", "ubuntu26-minimal-x64")
		var lines []listing
		if err := json.Unmarshal([]byte(out), &lines); err != nil || code != 0 || len(lines) != 3 {
			t.Fatalf("got %d, %v, %s%s", code, err, out, problems)
		}
		for _, l := range lines {
			if (l.Standing == promoted) != (l.ID == step.want) {
				t.Errorf("%q: %s is %s, want that %s is promoted", step.args, l.ID, l.Standing, step.want)
			}
		}
	}
	if code, out, problems := onMoto(t, "prune"); code != 0 || out != "Nothing is old enough.\n" {
		t.Errorf("prune: got %d, %s%s", code, out, problems)
	}
}

// registered is a new image of the account's.
func registered(t *testing.T, account aws.Config) (id string) {
	t.Helper()
	image, err := ec2.NewFromConfig(account).RegisterImage(t.Context(), &ec2.RegisterImageInput{Name: aws.String(awstest.Unique("mayfly"))})
	if err != nil {
		t.Fatal(err)
	}
	return *image.ImageId
}
