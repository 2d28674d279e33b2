//go:build aws

package cloudformation_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// commandsNotOnMoto are of blocks that are not tried, and why.
var commandsNotOnMoto = map[string]string{
	"aws apprunner":           "moto has no App Runner",
	"start-message-move-task": "moto's SQS does not have it",
}

var block = regexp.MustCompile("(?s)```sh\n(.*?)```")

// runbook are the commands that README.md gives for when something is wrong, in one script.
func runbook(t *testing.T) string {
	t.Helper()
	var script strings.Builder
	used := map[string]bool{}
	for i, found := range block.FindAllStringSubmatch(section(t, readme(t), "## When something is wrong"), -1) {
		missing := slices.DeleteFunc(slices.Collect(maps.Keys(commandsNotOnMoto)), func(command string) bool { return !strings.Contains(found[1], command) })
		for _, command := range missing {
			used[command] = true
		}
		if len(missing) == 0 {
			fmt.Fprintf(&script, "\n: block %d\n%s", i+1, found[1])
		}
		if i == 0 {
			script.WriteString(knowsSecrets)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(commandsNotOnMoto)), slices.Sorted(maps.Keys(used))); diff != "" {
		t.Errorf("commands that are not tried, -listed +in README.md:\n%s", diff)
	}
	return script.String()
}

// asksMoto is for SQS, where the CLI's first version looks at no AWS_ENDPOINT_URL.
const asksMoto = `aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
`

// knowsSecrets stands in for what moto's CloudFormation does not say of what it has skipped.
const knowsSecrets = `
eval "of_moto_$(declare -f resource)"
resource() { if [ "$1" = TickToken ]; then echo "$TICK_TOKEN"; else of_moto_resource "$1"; fi; }
aws logs create-log-group --log-group-name "$(output ServerLogGroup)" # as App Runner does
`

func TestTheRunbookDoesWhatItSays(t *testing.T) {
	for _, tool := range []string{"aws:pip install awscli", "jq:apt-get install jq", "openssl:apt-get install openssl"} {
		name, remedy, _ := strings.Cut(tool, ":")
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: %s", name, remedy)
		}
	}
	a := newAccount(t, map[string]string{"AdminPage": "open"})
	_, err := ec2.NewFromConfig(a.config).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-1234abcd"), MinCount: aws.Int32(2), MaxCount: aws.Int32(2),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("mayfly-stack"), Value: &a.name}}}},
	})
	a.must(err)
	before := a.secretValue(a.given["WebhookSecret"])
	output := a.bash(runbook(t))

	var states []types.InstanceStateName
	for _, instance := range a.instances("running", "shutting-down", "terminated") {
		states = append(states, instance.State.Name)
	}
	if diff := cmp.Diff([]types.InstanceStateName{"terminated", "terminated"}, states); diff != "" {
		t.Errorf("the runners, -want +got:\n%s", diff)
	}
	if apps, err := githubapp.ParseApps(secret.New(a.secretValue(a.given["GitHubApps"]))); err != nil || len(apps) != 1 || apps[0].ID != 12345 {
		t.Errorf("the GitHub Apps: got %v, %v, want the one that was put", apps, err)
	}
	if now := a.secretValue(a.given["WebhookSecret"]); now == before || len(now) != 64 || !strings.Contains(output, now) {
		t.Errorf("the webhook's secret: got %d bytes, as before: %v, want 64 others, which are told", len(now), now == before)
	}
	if got := a.bash(fmt.Sprintf("aws lambda get-function-configuration --function-name %q --query Environment.Variables.MAYFLY_TICK_TOKEN --output text", a.given["Tick"])); strings.TrimSpace(got) != a.secretValue(a.given["TickToken"]) {
		t.Error("the tick's token: its function has another than the secret")
	}
}

// bash runs a script with the AWS CLI, in a directory that has a new key of the App.
func (a *account) bash(script string) (output string) {
	a.t.Helper()
	command := exec.CommandContext(a.t.Context(), "bash", "-euo", "pipefail", "-c", asksMoto+script)
	command.Dir = a.t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	a.must(err)
	written := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	a.must(os.WriteFile(filepath.Join(command.Dir, "new.pem"), written, 0o600))
	command.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+*a.config.BaseEndpoint, "AWS_REGION="+a.config.Region, "AWS_DEFAULT_REGION="+a.config.Region, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY=example", "AWS_PAGER=", "STACK="+a.name, "TICK_TOKEN="+a.given["TickToken"], "app_id=12345")
	all, err := command.CombinedOutput()
	if err != nil {
		a.t.Fatalf("%v:\n%s", err, all)
	}
	return string(all)
}
