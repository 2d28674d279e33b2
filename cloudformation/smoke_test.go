package cloudformation_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// standIns are aws, gh, make and curl for the script: they write down how they are called, and answer as AWS and GitHub
// would. What goes wrong is told by the environment.
var standIns = map[string]string{
	"aws": `
case "$*" in
*describe-stacks*--query*) all=$*; output=${all#*OutputKey==\'}; echo "${output%%\'*}-of-it" | sed 's|^WebhookUrl.*|https://web.example/webhooks/github|' ;;
*describe-stacks*) [ -n "${STACK_LEFT:-}" ] && exit 0; exit 254 ;;
*get-secret-value*) echo hush ;;
*put-secret-value*) jq -e '.[0].id == 7 and (.[0].key | startswith("-----BEGIN"))' "${!#/file:\/\//}" >/dev/null ;;
*InstanceLifecycle*) case "$*" in *i-0a*) echo spot ;; *) echo None ;; esac ;;
*describe-instances*) echo "${INSTANCE_LEFT:-}" ;;
*filter-log-events*) echo '{"events": [{"message": "{\"event\":\"refused\",\"reason\":\"cpu=100000 is more than the 64 vCPUs that PolicyMaxVcpu allows\"}"}]}' ;;
*head-bucket*) exit 254 ;;
esac`,
	"gh": `
case "$*" in
*actions/runs/9/jobs*) case "$*" in
	*spot*conclusion*) echo "${SPOT_ENDS:-success}" ;;
	*on-demand*conclusion*) echo success ;;
	*spot*runner_name*) echo mf-01234567-i-0a-1 ;;
	*on-demand*runner_name*) echo mf-01234567-i-0b-1 ;;
	*) echo 33 ;;
	esac ;;
*actions/runs\?*) echo 9 ;;
*contents*) jq -r .content | openssl base64 -d -A | grep -q 'spot=false' ;;
*default_branch*) echo main ;;
*git/ref/heads*) echo 0123abcd ;;
esac`,
	"make": `:`,
	"curl": `
case "$*" in
*hook/config*)
	grep -Eq '^header = "Authorization: Bearer [A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+"$' &&
		all=$* && file=${all#*--data @} && jq -e '.url == "https://web.example/webhooks/github" and .secret == "hush"' "${file%% *}" >/dev/null
	;;
esac`,
}

// smoke runs the script among stand-ins, and is what it printed, and how the stand-ins were called.
func smoke(t *testing.T, environment ...string) (printed, calls string, err error) {
	t.Helper()
	for _, tool := range []string{"bash", "jq", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s, which the script is run with: make scripts tells how to get it", tool)
		}
	}
	dir := t.TempDir()
	for name, does := range standIns {
		script := "#!/usr/bin/env bash\necho " + name + " \"$@\" >> \"$CALLS\"\n" + does + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), block, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // or what never comes is waited for
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "smoke.sh")
	command.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "CALLS="+filepath.Join(dir, "calls"), "AWS_REGION=eu-west-1",
		"SMOKE_REPOSITORY=octo/demo", "SMOKE_APP_ID=7", "SMOKE_APP_KEY="+filepath.Join(dir, "key.pem"))
	command.Env = append(command.Env, environment...)
	output, err := command.CombinedOutput()
	called, readErr := os.ReadFile(filepath.Join(dir, "calls"))
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	return string(output), string(called), err
}

func TestScriptSmokeGoesFromNothingToNothing(t *testing.T) {
	printed, calls, err := smoke(t)
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, printed, calls)
	}
	for _, want := range []string{
		"the job spot succeeded on mf-01234567-i-0a-1", "the job on-demand succeeded on mf-01234567-i-0b-1",
		"the third job was refused: cpu=100000 is more than", "nothing is left but the record", "all is well",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("it does not say %q:\n%s", want, printed)
		}
	}
	order := []string{
		"make deploy ARGS=--stack mayfly-smoke --yes --param AlertEmail= --param AllowedOwners=octo", "aws secretsmanager put-secret-value --secret-id GitHubAppsArn-of-it", "https://api.github.com/app/hook/config",
		"https://web.example/ping", "contents/.github/workflows/mayfly-smoke.yml", "aws logs filter-log-events", "make destroy ARGS=--stack mayfly-smoke --yes",
		"aws ec2 describe-volumes", "aws dynamodb delete-table --table-name RecordName-of-it", "git/refs/heads/mayfly-smoke-",
	}
	rest := calls
	for _, want := range order {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("it does not call %q after what is before it, of %q:\n%s", want, order, calls)
		}
		rest = after
	}
}

func TestScriptSmokeCleansUpAfterAFailure(t *testing.T) {
	printed, calls, err := smoke(t, "SPOT_ENDS=failure")
	if err == nil || !strings.Contains(printed, "the job spot ended as failure") {
		t.Errorf("got %v, want it failed for the job:\n%s", err, printed)
	}
	for _, want := range []string{"make destroy ARGS=--stack mayfly-smoke --yes", "DELETE repos/octo/demo/git/refs/heads/", "actions/runs/9/cancel"} {
		if !strings.Contains(calls, want) {
			t.Errorf("it does not call %q:\n%s", want, calls)
		}
	}
}

func TestScriptSmokeSaysWhatIsWrong(t *testing.T) {
	for want, environment := range map[string][]string{
		"SMOKE_REPOSITORY is 'demo'":    {"SMOKE_REPOSITORY=demo"},
		"SMOKE_APP_ID is ''":            {"SMOKE_APP_ID="},
		"SMOKE_APP_KEY is '/nowhere'":   {"SMOKE_APP_KEY=/nowhere"},
		"AWS_REGION is empty":           {"AWS_REGION="},
		"there is such a stack already": {"STACK_LEFT=1"},
		"instances are left: i-0c":      {"INSTANCE_LEFT=i-0c"},
	} {
		printed, calls, err := smoke(t, environment...)
		if err == nil || !strings.Contains(printed, want) {
			t.Errorf("%v: got %v, want %q:\n%s", environment, err, want, printed)
		}
		if deployed := strings.Contains(calls, "make deploy"); deployed != strings.Contains(want, "left:") {
			t.Errorf("%v: it deployed: %t", environment, deployed)
		}
	}
}
