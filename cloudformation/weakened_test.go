package cloudformation_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policytest"
	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

// TestEveryStatementIsAskedAbout: a stack with a statement less, a condition less, or an Allow for all
// resources answers some scenario differently. A part that none notices is one that nobody proved.
func TestEveryStatementIsAskedAbout(t *testing.T) {
	for _, parameters := range []map[string]string{{"ImdsMode": "off"}, {"ServerPlatform": "Lambda", "ServerImage": ""}} {
		made := stack(t, parameters)
		if isNoticed(t, parameters, made) {
			t.Fatalf("%v: got scenarios that do not hold, want all to hold before anything is weakened", parameters)
		}
		for _, name := range slices.Sorted(maps.Keys(made.Resources)) {
			for _, statement := range askedAbout(made, name) {
				for what, weaken := range weaker(statement) {
					whole := maps.Clone(statement)
					weaken(statement)
					if !isNoticed(t, parameters, made) {
						t.Errorf("%v: %s: statement %s %s: no scenario notices, want one that does", parameters, name, whole["Sid"], what)
					}
					clear(statement)
					maps.Copy(statement, whole)
				}
			}
		}
	}
}

// isNoticed says whether any scenario is not as it should be.
func isNoticed(t *testing.T, parameters map[string]string, made template.Stack) bool {
	t.Helper()
	asked := asked(t, parameters, made)
	return slices.ContainsFunc(policytest.Scenarios(asked), func(one policytest.Scenario) bool {
		decision, err := policytest.Decide(asked, one)
		if err != nil {
			t.Fatal(err)
		}
		return decision.Allowed() != one.Want
	})
}

// askedAbout are the statements of a resource that scenarios are about.
func askedAbout(made template.Stack, name string) (all []map[string]any) {
	properties := made.Resources[name].Properties
	documents := []any{properties}
	if written, is := properties["Policies"].([]any); is && name != "ImageRole" && name != "FlowRole" {
		documents = append(documents, written...)
	}
	for _, document := range documents {
		list, _ := at(document, "PolicyDocument", "Statement").([]any)
		for _, one := range list {
			all = append(all, one.(map[string]any))
		}
	}
	return all
}

// weaker are the ways to make less of a statement. Each puts new values in, and changes none. Where an Allow
// has a condition, that is what limits it, and its resources say the same again.
func weaker(statement map[string]any) map[string]func(map[string]any) {
	never := map[string]any{"StringEquals": map[string]any{"aws:RequestedRegion": "nowhere"}}
	ways := map[string]func(map[string]any){"removed": func(s map[string]any) { s["Condition"] = never }}
	conditions, conditional := statement["Condition"].(map[string]any)
	if !conditional && statement["Effect"] == "Allow" && statement["Resource"] != "*" {
		ways["of all resources"] = func(s map[string]any) { s["Resource"] = "*" }
	}
	for operator, keys := range conditions {
		for key := range keys.(map[string]any) {
			ways[fmt.Sprintf("without %s %s", operator, key)] = func(s map[string]any) {
				s["Condition"] = without(conditions, operator, key)
			}
		}
	}
	return ways
}

// without are conditions but for one key of one operator.
func without(conditions map[string]any, operator, key string) map[string]any {
	rest := maps.Clone(conditions)
	keys := maps.Clone(conditions[operator].(map[string]any))
	delete(keys, key)
	rest[operator] = keys
	if len(keys) == 0 {
		delete(rest, operator)
	}
	return rest
}
