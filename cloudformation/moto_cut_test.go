//go:build aws

package cloudformation_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

// A mark stands in a resolved value for what AWS gives of a resource: its name and attribute between two.
const mark = "\x00"

var marked = regexp.MustCompile(mark + `(\w+)(?:\.(\w+))?` + mark)

// cut is our template as moto can take it: parameters, rules, conditions and functions are resolved, and only what
// one resource says of another is left for moto to fill in. Beside our outputs there is one for all that it fills in, so that the
// stack can be resolved anew with what moto gave.
func cut(t *testing.T, made template.Stack, asked []string) (body string) {
	t.Helper()
	whole := map[string]any{"AWSTemplateFormatVersion": "2010-09-09"}
	resources, outputs := map[string]any{}, map[string]any{}
	for name, resource := range made.Resources {
		written := read(t).Section("Resources")[name].(map[string]any)
		cut := map[string]any{"Type": resource.Type, "Properties": deferred(resource.Properties)}
		for _, key := range []string{"DependsOn", "DeletionPolicy", "UpdateReplacePolicy"} {
			if value, is := written[key]; is {
				cut[key] = value
			}
		}
		resources[name] = cut
	}
	for name, value := range made.Outputs {
		outputs[name] = map[string]any{"Value": deferred(value)}
	}
	for i, one := range asked {
		outputs[outputOf(i)] = map[string]any{"Value": deferred(one)}
	}
	whole["Resources"], whole["Outputs"] = resources, outputs
	all, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func outputOf(i int) string { return fmt.Sprint("Given", i) }

// deferred writes marks as CloudFormation's functions.
func deferred(value any) any {
	switch value := value.(type) {
	case map[string]any:
		written := maps.Clone(value)
		for key, item := range written {
			written[key] = deferred(item)
		}
		if text, is := value["UserData"].(string); is { // marks are in what is encoded
			plain, _ := base64.StdEncoding.DecodeString(text)
			written["UserData"] = map[string]any{"Fn::Base64": deferred(string(plain))}
		}
		return written
	case []any:
		written := slices.Clone(value)
		for i, item := range written {
			written[i] = deferred(item)
		}
		return written
	case string:
		return substituted(value)
	}
	return value
}

func substituted(text string) any {
	if !strings.Contains(text, mark) {
		return text
	}
	if found := marked.FindStringSubmatch(text); found[0] == text && found[2] == "" {
		return map[string]any{"Ref": found[1]}
	} else if found[0] == text {
		return map[string]any{"Fn::GetAtt": []any{found[1], found[2]}}
	}
	text = strings.ReplaceAll(text, "${", "${!") // is IAM's
	return map[string]any{"Fn::Sub": marked.ReplaceAllStringFunc(text, func(found string) string { return "${" + strings.Trim(found, mark) + "}" })}
}
