package settings_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// good is a value of each variable, and what it must not be. An empty wrong one is none: all is right.
var good = map[string]struct{ right, wrong string }{
	"MAYFLY_STACK":                 {"prod", "my stack"},
	"AWS_REGION":                   {"eu-west-1", "Ireland"},
	"MAYFLY_LISTEN":                {"127.0.0.1:80", "8080"},
	"MAYFLY_TABLE":                 {"prod-record", "my table"},
	"MAYFLY_QUEUE_URL":             {"https://sqs.eu-west-1.amazonaws.com/1/q", "queue"},
	"MAYFLY_BUCKET":                {"prod-control", "Prod"},
	"MAYFLY_ALERT_TOPIC":           {"arn:aws:sns:eu-west-1:1:alerts", "alerts"},
	"MAYFLY_USAGE_METRIC":          {"true", "yes"},
	"MAYFLY_GITHUB_APPS_ARN":       {"arn:aws:secretsmanager:eu-west-1:1:secret:apps", "apps"},
	"MAYFLY_WEBHOOK_SECRET_ARN":    {"arn:aws:secretsmanager:eu-west-1:1:secret:hook", "hook"},
	"MAYFLY_GITHUB_URL":            {"https://ghes.example.com/api/v3", "github.com"},
	"MAYFLY_CA_BUNDLE":             {"/etc/ca.pem", ""},
	"MAYFLY_RUNNER_GROUP":          {"builders of ours", ""},
	"MAYFLY_ALLOWED_OWNERS":        {"octo, hexa", "octo/repo"},
	"MAYFLY_ALLOW_PUBLIC":          {"true", "1"},
	"MAYFLY_ALLOW_FORKS":           {"true", "TRUE"},
	"MAYFLY_TICK_TOKEN":            {strings.Repeat("t", 32), "canary-tick"},
	"MAYFLY_METRICS_TOKEN":         {strings.Repeat("m", 32), "canary-metrics"},
	"MAYFLY_ADMIN_TOKEN":           {strings.Repeat("a", 32), "canary-admin"},
	"MAYFLY_ROLE_ID":               {"AROAEXAMPLE", "arn:aws:iam::1:role/x"},
	"MAYFLY_TEMPLATE_X64":          {"lt-0a1:7", "lt-0a1:$Latest"},
	"MAYFLY_TEMPLATE_ARM64":        {"lt-0a2:1", "lt-0a2"},
	"MAYFLY_IMAGE_X64":             {"ami-0a1", "ubuntu"},
	"MAYFLY_IMAGE_ARM64":           {"self/mayfly-arm64-*", "stranger/mayfly-*"},
	"MAYFLY_IMAGES":                {"gpu=ami-0a3, big=123456789012/big-*", "GPU=ami-0a3"},
	"MAYFLY_IMAGE_OWNERS":          {"self,123456789012", "amazon"},
	"MAYFLY_REQUIRE_PROVENANCE":    {"true", "yes"},
	"MAYFLY_SUBNETS":               {"subnet-a,subnet-b", "vpc-a"},
	"MAYFLY_PRIVATE_SUBNETS":       {"subnet-c", "subnet-c,"},
	"MAYFLY_ENV":                   {"staging", "my env"},
	"MAYFLY_FAMILIES":              {"m7a,c7*", "m7a;c7a"},
	"MAYFLY_ROOT_VOLUME":           {"80", "80gb"},
	"MAYFLY_POLICY_MAX_VCPU":       {"16", "0"},
	"MAYFLY_POLICY_MAX_MEMORY":     {"64", "-1"},
	"MAYFLY_POLICY_MAX_DISK":       {"100", "1.5"},
	"MAYFLY_POLICY_MAX_IOPS":       {"3000", "many"},
	"MAYFLY_POLICY_MAX_THROUGHPUT": {"125", "1,000"},
	"MAYFLY_POLICY_FAMILIES":       {"m7a", "m7a,"},
	"MAYFLY_POLICY_AMIS":           {"ami-0a4", "0a4"},
	"MAYFLY_POLICY_AMI_OWNERS":     {"123456789012", "self"},
	"MAYFLY_POLICY_SSH":            {"true", "on"},
	"MAYFLY_SSH_KEYS":              {loginKey, "canary-key"},
	"MAYFLY_MAX_RUNNERS":           {"20", "all"},
	"MAYFLY_PER_REPOSITORY":        {"5", "0"},
	"MAYFLY_MAX_MINUTES_PER_DAY":   {"4000", "0"},
	"MAYFLY_LAUNCH_RATE":           {"10", "10/s"},
	"MAYFLY_PER_CALL":              {"50", "+-1"},
	"MAYFLY_MAX_RUNTIME":           {"6h", "6"},
	"MAYFLY_MAX_IDLE":              {"5m", "-5m"},
	"MAYFLY_GRACE":                 {"20s", "0s"},
	"MAYFLY_BOOT_TIME":             {"25s", "soon"},
	"MAYFLY_BOOT_LIMIT":            {"8m", "8 minutes"},
	"MAYFLY_SURPLUS":               {"2m", "2d"},
}

// environment is one with all variables right, after the changes.
func environment(changes map[string]string) []string {
	var all []string
	for name, values := range good {
		value, changed := changes[name]
		if !changed {
			value = values.right
		}
		all = append(all, name+"="+value)
	}
	return all
}

func TestEveryVariableIsReadAndEveryWrongOneIsTold(t *testing.T) {
	if _, err := settings.Read(environment(nil)); err != nil {
		t.Fatalf("all are right, got error %v", err)
	}
	wrong := map[string]string{}
	for _, v := range settings.Variables {
		values, known := good[v.Name]
		if !known {
			t.Errorf("%s is not tried: give a value that is right, and one that is wrong", v.Name)
			continue
		}
		if values.wrong == "" {
			continue
		}
		wrong[v.Name] = values.wrong
		_, err := settings.Read(environment(map[string]string{v.Name: values.wrong}))
		if err == nil || !strings.Contains(err.Error(), v.Name) || !strings.Contains(err.Error(), v.Allowed) ||
			strings.Contains(err.Error(), values.wrong) == v.Secret {
			t.Errorf("%s=%s: got error %v, want one that names it, what is allowed, and the value unless it is a secret", v.Name, values.wrong, err)
		}
	}
	_, err := settings.Read(environment(wrong))
	if got := strings.Count(err.Error(), "\n") + 1; got != len(wrong) {
		t.Errorf("%d are wrong at once, got %d errors:\n%v", len(wrong), got, err)
	}
}

func TestWhatMustBeSetIsMissedAndTheRestHasItsDefault(t *testing.T) {
	_, err := settings.Read(nil)
	minimal := map[string]string{}
	for _, v := range settings.Variables {
		if missed := strings.Contains(err.Error(), v.Name+" is empty: set it to "+v.Allowed); missed != (v.Default == settings.Required) {
			t.Errorf("%s, whose default is %q: missed is %v", v.Name, v.Default, missed)
		}
		if v.Default != settings.Required && v.Name != "MAYFLY_TEMPLATE_X64" && v.Name != "MAYFLY_IMAGE_X64" {
			minimal[v.Name] = ""
		}
	}
	got, err := settings.Read(environment(minimal))
	if err != nil {
		t.Fatalf("a minimal environment: %v", err)
	}
	if diff := cmp.Diff([]any{":8080", "https://api.github.com", []string{"self"}}, []any{got.Listen, got.GitHubURL, got.ImageOwners}); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestVariablesFitTogether(t *testing.T) {
	for want, changes := range map[string]map[string]string{
		"MAYFLY_TEMPLATE_X64 and MAYFLY_TEMPLATE_ARM64 are empty": {
			"MAYFLY_TEMPLATE_X64": "", "MAYFLY_TEMPLATE_ARM64": "", "MAYFLY_IMAGE_X64": "", "MAYFLY_IMAGE_ARM64": "",
		},
		"MAYFLY_TEMPLATE_X64 and MAYFLY_IMAGE_X64: one is set":     {"MAYFLY_IMAGE_X64": ""},
		"MAYFLY_TEMPLATE_ARM64 and MAYFLY_IMAGE_ARM64: one is set": {"MAYFLY_TEMPLATE_ARM64": ""},
	} {
		if _, err := settings.Read(environment(changes)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	for wrong, want := range map[string]string{
		"MAYFLY_MAX_RUNNER=5": "MAYFLY_MAX_RUNNER is no setting: did you mean MAYFLY_MAX_RUNNERS?",
		"MAYFLY_XYZZY=canary": "MAYFLY_XYZZY is no setting: remove it",
	} {
		if _, err := settings.Read(append(environment(nil), wrong)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got error %v, want %q", wrong, err, want)
		}
	}
}

// elsewhere are the fields of server.Config that no variable gives: what AWS is asked for, and what the
// main brings itself.
var elsewhere = []string{
	"Holder", "Gather", "WebhookSecrets", "Images", "NamedImages", "Subnets", "PrivateSubnets", "Types", "Random", "Log", "Audit", "Masker",
	"NoCapacity", "Shown", "Absent", "LongestWait", "Sweep",
}

func TestEveryFieldOfTheServersConfigHasAVariable(t *testing.T) {
	got, err := settings.Read(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []reflect.Value{reflect.ValueOf(got.Server), reflect.ValueOf(got.Server.Policy)} {
		for i := range config.NumField() {
			if name := config.Type().Field(i).Name; config.Field(i).IsZero() != slices.Contains(elsewhere, name) {
				t.Errorf("%s.%s: zero is %v; give it a variable, or list it as one that has none", config.Type(), name, config.Field(i).IsZero())
			}
		}
	}
	if got.Server.MaxRuntime != 6*time.Hour || got.Server.Policy.MaxVCPU != 16 {
		t.Errorf("got %v and %d, want what was set", got.Server.MaxRuntime, got.Server.Policy.MaxVCPU)
	}
	want := map[string]settings.Image{"gpu": {ID: "ami-0a3"}, "big": {Owner: "123456789012", Name: "big-*"}}
	if diff := cmp.Diff(want, got.NamedImages); diff != "" {
		t.Errorf("named images (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[runner.Arch]settings.Template{runner.X64: {"lt-0a1", "7"}, runner.ARM64: {"lt-0a2", "1"}}, got.Templates); diff != "" {
		t.Errorf("templates (-want +got):\n%s", diff)
	}
}

func TestVariablesAreNamedAfterTheirFields(t *testing.T) {
	form := regexp.MustCompile(`^(MAYFLY_[A-Z0-9_]+|AWS_REGION)$`)
	for _, v := range settings.Variables {
		if !form.MatchString(v.Name) || v.Meaning == "" || v.Allowed == "" || v.Default == "" {
			t.Errorf("%s: got %+v, want a name, what it means, what is allowed and its default", v.Name, v)
		}
	}
}
