package docs_test

import (
	"go/ast"
	"reflect"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

func TestThePageOfTheInstanceNamesEveryFieldOfUserDataAndEveryStep(t *testing.T) {
	page := read(t, "instance.md")
	for field := range reflect.TypeFor[assignment.UserData]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("docs/instance.md has no row of the field %q of the user data", name)
		}
	}
	for name, step := range stepsOf(t) {
		if !strings.Contains(page, "| `"+step+"` |") {
			t.Errorf("docs/instance.md has no row of the step %q, %s", step, name)
		}
	}
}

// stepsOf are the names of an instance's steps, by those of their constants.
func stepsOf(t *testing.T) map[string]string {
	t.Helper()
	steps := map[string]string{}
	ast.Inspect(parse(t, "../pkg/runner/timing.go"), func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Step") {
			steps[spec.Names[0].Name] = strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		}
		return true
	})
	if len(steps) == 0 {
		t.Fatal("pkg/runner names no steps")
	}
	return steps
}
