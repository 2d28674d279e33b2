package nearest_test

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/nearest"
)

func TestTheNearestNameIsFound(t *testing.T) {
	names := []string{"needs", "runs-on", "steps", "strategy", "if", "continue-on-error", strings.Repeat("a", nearest.Longest+1)}
	for wrong, want := range map[string]string{
		"need": "needs", "runs_on": "runs-on", "run-on": "runs-on", "setps": "steps", "strategi": "strategy", "continue-on-eror": "continue-on-error",
		"if": "", "fi": "", "": "", "build": "", "ned": "", "step": "steps", "neeeds": "needs",
		strings.Repeat("a", nearest.Longest+1): "", strings.Repeat("a", nearest.Longest): "",
	} {
		if got := nearest.Name(wrong, names); got != want {
			t.Errorf("Name(%q): got %q, want %q", wrong, got, want)
		}
	}
}
