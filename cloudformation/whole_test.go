package cloudformation_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

// mostBytes is what we allow ourselves; CloudFormation takes 1 MB from S3.
const mostBytes = 100_000

func TestTheTemplateCanBeRead(t *testing.T) {
	body, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(body); got > mostBytes {
		t.Errorf("template.yaml: got %d bytes, want %d at most", got, mostBytes)
	}
}

func TestEveryStackIsWhole(t *testing.T) {
	outputs := slices.Sorted(maps.Keys(read(t).Section("Outputs")))
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for _, name := range outputs {
			if value, is := made.Outputs[name].(string); !is || value == "" {
				t.Errorf("output %s: got %v, want a text", name, made.Outputs[name])
			}
		}
	})
}

func TestEveryConditionParameterAndMappingIsUsed(t *testing.T) {
	read := read(t)
	used := map[string]bool{}
	names := func(value any) { collect(value, used) }
	for _, section := range []string{"Resources", "Outputs", "Conditions", "Rules"} {
		for _, value := range read.Section(section) {
			names(value)
		}
	}
	for _, section := range []string{"Conditions", "Parameters"} {
		for name := range read.Section(section) {
			if !used[name] {
				t.Errorf("%s: nothing uses %s", section, name)
			}
		}
	}
}

func TestEveryParameterIsInAGroup(t *testing.T) {
	var grouped []string
	groups, _ := at(read(t).Section("Metadata"), "AWS::CloudFormation::Interface", "ParameterGroups").([]any)
	for _, group := range groups {
		for _, name := range at(group, "Parameters").([]any) {
			grouped = append(grouped, name.(string))
		}
	}
	slices.Sort(grouped)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(read(t).Section("Parameters"))), grouped); diff != "" {
		t.Errorf("parameters, in groups +, not in one -:\n%s", diff)
	}
}

func TestWhereTheWebhookIs(t *testing.T) {
	for platform, want := range map[string]string{
		"AppRunner": "https://abc.eu-west-1.awsapprunner.com/webhooks/github",
		"Lambda":    "https://abc.lambda-url.eu-west-1.on.aws/webhooks/github",
	} {
		if got := stack(t, map[string]string{"ServerPlatform": platform}).Outputs["WebhookUrl"]; got != want {
			t.Errorf("%s: got %v, want %s", platform, got, want)
		}
	}
}

// collect notes what a value names: in references, conditions and texts for Fn::Sub.
func collect(value any, used map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			if name, is := item.(string); is && (key == "Ref" || key == "Condition") {
				used[name] = true
			}
			if list, is := item.([]any); is && key == "Fn::If" {
				used[list[0].(string)] = true
			}
			collect(item, used)
		}
	case []any:
		for _, item := range value {
			collect(item, used)
		}
	case string:
		for _, found := range named.FindAllStringSubmatch(value, -1) {
			used[found[1]] = true
		}
	}
}

var named = regexp.MustCompile(`\$\{(\w+)\}`)
