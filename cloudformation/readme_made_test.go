package cloudformation_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/cost"
	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

//go:generate go test . -run TestTheReadmeIsWhatTheTemplateSays -update

var update = flag.Bool("update", false, "write the parts of README.md that are made from the template")

// parts are those of README.md that are made, each between two comments.
var parts = map[string]func(t *testing.T) string{
	"parameters":  parametersPart,
	"outputs":     outputsPart,
	"costs":       costsPart,
	"assumptions": func(*testing.T) string { return "- " + strings.Join(cost.Assumptions(), "\n- ") + "\n" },
	"prices":      pricesPart,
}

func TestTheReadmeIsWhatTheTemplateSays(t *testing.T) {
	page := readme(t)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		begin, end := "<!-- "+name+": made by go generate ./..., do not edit -->\n", "<!-- end of "+name+" -->\n"
		before, rest, found := strings.Cut(page, begin)
		got, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("README.md has no part between %q and %q", begin, end)
		}
		want := "\n" + parts[name](t) + "\n"
		if diff := cmp.Diff(want, got); diff != "" && !*update {
			t.Errorf("README.md, %s: run go generate ./... (-want +got)\n%s", name, diff)
		}
		page = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// table is a table in Markdown, of its head and its rows.
func table(rows [][]string) string {
	var page strings.Builder
	for i, cells := range rows {
		for j := range cells {
			cells[j] = strings.ReplaceAll(cells[j], "|", `\|`)
		}
		page.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			page.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	return page.String()
}

// plain is a text whose signs mean nothing to Markdown.
func plain(text any) string {
	return strings.NewReplacer("<", `\<`, "*", `\*`).Replace(text.(string))
}

func code(text string) string { return "`" + text + "`" }

func parametersPart(t *testing.T) string {
	t.Helper()
	var page []string
	parameters := read(t).Section("Parameters")
	for _, group := range at(read(t).Section("Metadata"), "AWS::CloudFormation::Interface", "ParameterGroups").([]any) {
		rows := [][]string{{"parameter", "what for", "allowed", "default"}}
		for _, name := range texts(at(group, "Parameters")) {
			parameter := parameters[name]
			standard := "must be set"
			if value := at(parameter, "Default"); value == "" {
				standard = "empty"
			} else if value != nil {
				standard = code(fmt.Sprint(value))
			}
			rows = append(rows, []string{code(name), plain(at(parameter, "Description")), allowed(parameter), standard})
		}
		page = append(page, "### "+at(group, "Label", "default").(string)+"\n\n"+table(rows))
	}
	return strings.Join(page, "\n")
}

// allowed is what a parameter may be.
func allowed(parameter any) string {
	if values := texts(at(parameter, "AllowedValues")); len(values) > 0 {
		return "`" + strings.Join(values, "`, `") + "`"
	}
	if least := at(parameter, "MinValue"); least != nil {
		return fmt.Sprintf("a number, %v or more", least)
	}
	if words, is := at(parameter, "ConstraintDescription").(string); is {
		return plain(strings.TrimSuffix(strings.TrimPrefix(words, "Has to be "), "."))
	}
	return map[string]string{"CommaDelimitedList": "a list, separated by commas"}[at(parameter, "Type").(string)]
}

func outputsPart(t *testing.T) string {
	t.Helper()
	rows := [][]string{{"output", "what it is"}}
	outputs := read(t).Section("Outputs")
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		rows = append(rows, []string{code(name), plain(at(outputs[name], "Description"))})
	}
	return table(rows)
}

// priced is what of a stack has a price.
func priced(made template.Stack, platform cost.Platform) cost.Stack {
	priced := cost.Stack{
		Platform: platform, Secrets: len(made.Of("AWS::SecretsManager::Secret")), Alarms: len(made.Of("AWS::CloudWatch::Alarm")),
		Dashboards: len(made.Of("AWS::CloudWatch::Dashboard")),
		TickGB:     memory(made, "Tick"), WebGB: memory(made, "Web"), WorkerGB: memory(made, "Worker"),
	}
	container := at(made.Resources["Service"].Properties, "InstanceConfiguration")
	priced.VCPU, priced.GB = thousandths(at(container, "Cpu")), thousandths(at(container, "Memory"))
	return priced
}

func memory(made template.Stack, function string) (gb float64) {
	return thousandths(made.Resources[function].Properties["MemorySize"])
}

// thousandths are as App Runner and Lambda count: 1024 to one. Nothing is 0.
func thousandths(value any) float64 {
	n, _ := strconv.ParseFloat(fmt.Sprint(value), 64)
	return n / 1024
}
