package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	kindWord = regexp.MustCompile("`([a-z]+(?:_[a-z0-9]+)+)`")
	// theirs are GitHub's words, which look like reasons.
	theirs = []string{"workflow_job", "in_progress"}
)

func TestTheLifeOfAJobTellsOfEveryReason(t *testing.T) {
	page := read(t, "lifecycle.md")
	kinds := slices.Clone(theirs)
	for _, kind := range constantsOf(t, "../pkg/runner/reason.go", "ReasonKind") {
		kinds = append(kinds, kind.value)
		if kind.value != "" && !strings.Contains(page, "`"+kind.value+"`") {
			t.Errorf("docs/lifecycle.md does not tell when somebody is told %q: say at which step, and what happens then", kind.value)
		}
	}
	for _, found := range kindWord.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(kinds, found[1]) {
			t.Errorf("docs/lifecycle.md names %q, which is no reason", found[1])
		}
	}
}
