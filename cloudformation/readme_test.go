package cloudformation_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
	"github.com/mayfly-ci/mayfly/cloudformation/policytest"
)

func readme(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// section is what is below a heading, up to the next of its rank or a higher one.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut("\n"+page, "\n"+heading+"\n")
	if !found {
		t.Fatalf("README.md has no heading %q", heading)
	}
	rank, _, _ := strings.Cut(heading, " ")
	higher := regexp.MustCompile(`(?m)^#{2,` + string(rune('0'+len(rank))) + `} `)
	if end := higher.FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

var inCode = regexp.MustCompile("`([^`]+)`")

// rows are a section's rows of tables, by what their first column has in code.
func rows(section string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 3 {
			continue
		}
		for _, name := range inCode.FindAllStringSubmatch(cells[1], -1) {
			all[name[1]] = strings.Join(cells[2:], "|")
		}
	}
	return all
}

func TestTheReadmeHasARowOfEachResource(t *testing.T) {
	got := slices.Sorted(maps.Keys(rows(section(t, readme(t), "## What it makes"))))
	if diff := cmp.Diff(slices.Sorted(maps.Keys(read(t).Section("Resources"))), got); diff != "" {
		t.Errorf("README.md, What it makes: write a row, with the reason, of each resource with -, and remove those with +:\n%s", diff)
	}
}

// Of each statement there is a row, which has its actions and no others.
func TestTheReadmeHasARowOfEachStatement(t *testing.T) {
	page := readme(t)
	for name, resource := range read(t).Section("Resources") {
		all := sids(at(resource, "Properties"))
		if len(all) == 0 {
			continue
		}
		got := rows(section(t, page, "### `"+name+"`"))
		for sid, actions := range all {
			row, is := got[sid]
			if !is {
				t.Errorf("README.md, %s: write a row of the statement %s: what it allows or denies, of %q, and why", name, sid, actions)
				continue
			}
			var told []string
			for _, found := range inCode.FindAllStringSubmatch(strings.SplitN(row, "|", 2)[0], -1) {
				if action.MatchString(found[1]) {
					told = append(told, found[1])
				}
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(actions)), slices.Sorted(slices.Values(told))); diff != "" {
				t.Errorf("README.md, %s: the row of %s names these actions, -template +README:\n%s", name, sid, diff)
			}
			delete(got, sid)
		}
		for sid := range got {
			t.Errorf("README.md, %s: there is no statement %s: remove its row", name, sid)
		}
	}
}

var action = regexp.MustCompile(`^(\*|[a-z0-9-]+:[A-Z*]\w*\*?)$`)

// sids are the statements that a resource is written with, in whatever condition, by their Sid: their actions.
func sids(value any) map[string][]string {
	found := map[string][]string{}
	switch value := value.(type) {
	case map[string]any:
		if sid, is := value["Sid"].(string); is {
			found[sid] = append(texts(value["Action"]), texts(value["NotAction"])...)
			return found
		}
		for _, item := range value {
			maps.Copy(found, sids(item))
		}
	case []any:
		for _, item := range value {
			maps.Copy(found, sids(item))
		}
	}
	return found
}

func TestTheReadmeTellsWhatIsKept(t *testing.T) {
	var kept []string
	for name, resource := range stack(t, nil).Resources {
		if resource.Keeps {
			kept = append(kept, name)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(kept)), slices.Sorted(maps.Keys(rows(section(t, readme(t), "## Removal"))))); diff != "" {
		t.Errorf("README.md, Removal: what stays, -template +README:\n%s", diff)
	}
}

// What the README says that the boundary does not hold back is what the boundary does not hold back.
func TestWhatStillFallsIsWhatTheReadmeSays(t *testing.T) {
	asked := asked(t, nil, stack(t, nil))
	told := rows(section(t, readme(t), "### What still falls"))
	if len(told) == 0 {
		t.Fatal("README.md tells nothing of what still falls")
	}
	for action := range told {
		decision, err := policytest.Decide(asked, policytest.Scenario{
			As: policytest.Administrator, Action: action, On: []policy.Resource{{ARN: "arn:aws:any:eu-west-1:123456789012:of-the-account/1"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !decision.Allowed() {
			t.Errorf("%s: the boundary denies it, and README.md says that it still falls:\n%s", action, decision)
		}
	}
}
