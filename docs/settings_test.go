package docs_test

import (
	"strings"
	"testing"

	variable "github.com/mayfly-ci/mayfly/cmd/server/settings"
)

func settingsPage(t *testing.T) string {
	t.Helper()
	page := made("server.Config") + `# Settings

## The environment

What ` + "[`cmd/server`](../cmd/server)" + ` is told, by variables. It names all that are wrong, and does not start.

` + variables(variable.Variables) + `
A function of Lambda is told the same, and at a tick looks only at these, of which one is its own; see [Lambda](lambda.md):

` + variables(variable.TickVariables) + `
## The fields

What the server itself is told: the fields of ` + "[`server.Config`](../server/config.go)" + `. A field that is left zero has its default; one without a default
must be set. A server with something missing or wrong does not start, and names all that is. [The demo's](../cmd/mayfly/demo/world.go) are an
example.

` + settings(t, "", "../server/config.go", "Config")
	page += "\n## Policy: what a label may choose\n\nEach limit is told with the [labels](labels.md#what-a-label-may-choose) that it limits.\n\n" + settings(t, "Policy.", "../server/scheduler/policy.go", "Policy")
	page += "\n## Sweep: how often what is looked at\n\n" + settings(t, "Sweep.", "../server/sweep/sweep.go", "Intervals")
	return page
}

// variables are the rows of an environment.
func variables(all []variable.Variable) string {
	var rows [][]string
	for _, v := range all {
		rows = append(rows, []string{code(v.Name), v.Meaning, v.Allowed, v.Default})
	}
	return table([]string{"variable", "meaning", "allowed", "default"}, rows)
}

// settings are the rows of a struct's fields. What the comment beside a field has after its last
// semicolon is the default.
func settings(t *testing.T, prefix, file, typeName string) string {
	t.Helper()
	var rows [][]string
	for _, f := range fieldsOf(t, file, typeName) {
		meaning, standard := f.comment, ""
		if last := strings.LastIndex(f.comment, "; "); last >= 0 {
			meaning, standard = f.comment[:last], f.comment[last+2:]
		}
		switch {
		case meaning == "":
			t.Errorf("%s: the field %s has no comment beside it: say what it means, and after a semicolon its default", file, f.name)
		case standard == "see there":
			standard = "see below"
		case standard == "" && f.typeName == "bool":
			standard = "no"
		case standard == "":
			standard = "must be set"
		}
		rows = append(rows, []string{code(prefix + f.name), meaning, standard})
	}
	return table([]string{"field", "meaning", "default"}, rows)
}
