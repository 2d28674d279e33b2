package workflow

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/mayfly-ci/mayfly/pkg/nearest"
)

// What the parser finds wrong and GitHub does not: an anchor for nobody, and, above the jobs, a filter of
// events without a value, such as tags:.
const (
	unusedAnchor = "is defined but not used"
	noValue      = "string should not be empty"
)

func harmless(e *actionlint.Error, tree *actionlint.Workflow) bool {
	if tree == nil || !strings.Contains(e.Message, noValue) {
		return strings.Contains(e.Message, unusedAnchor)
	}
	for _, job := range tree.Jobs {
		if e.Line >= job.Pos.Line {
			return false
		}
	}
	return len(tree.Jobs) > 0
}

// The parser's words for a key that should not be there, with those that may.
var (
	unexpected = regexp.MustCompile(`^(?:unexpected key|expected "[^"]+" key for .* but got) "?([^" ]+)"?`)
	quoted     = regexp.MustCompile(`"([^"]+)"`)
)

const sayRunsOn = "say what it runs on, as in runs-on: mayfly=${{ github.run_id }}/runner=2cpu-linux-x64"

// remedies are the ways out that the parser does not tell.
var remedies = []struct{ wrong, remedy string }{
	{`"runs-on" section is missing`, sayRunsOn}, {`"runs-on" section should not be empty`, sayRunsOn},
	{`"steps" section is missing`, "say what it does, as in steps: [run: make test]"},
	{`"on" section is missing`, "say when it runs, as in on: push"},
	{`"jobs" section is missing`, "say what it runs, as in jobs: {build: {…}}"},
	{`"matrix values" section should not be empty`, "list at least one value, or leave the key out"},
	{"should not be empty", "give it a value, or leave the key out"},
	{"is duplicated in", "keep one of the two"},
	{"but mapping node is expected", "write keys and values there, as in key: value"},
	{"section must be sequence node", "write a list there, as in [a, b]"},
	{"expected scalar node", "write a single value there"},
	{"does not support YAML merge key", "write its keys out"},
	{"workflow is empty", "write a workflow, or give another file"},
	{"could not parse as YAML", "mend the YAML there or just above, often a colon, a quote or the indentation"},
	{"is not allowed", "indent with spaces"},
}

// first is the error to tell of all that the parser found, by place: a key that looks like a slip of the
// pen before all others, for it makes more of them, and what is missing after, for others make that.
func first(found []*actionlint.Error, tree *actionlint.Workflow) error {
	found = slices.DeleteFunc(found, func(e *actionlint.Error) bool { return harmless(e, tree) })
	if len(found) == 0 {
		return nil
	}
	e := slices.MinFunc(found, func(a, b *actionlint.Error) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return errorAt(&actionlint.Pos{Line: e.Line, Col: e.Column}, "%s", explained(e.Message))
}

func rank(e *actionlint.Error) int {
	if _, meant := slip(e.Message); meant != "" {
		return 0
	}
	if strings.Contains(e.Message, "section is missing") {
		return 2
	}
	return 1
}

// slip is a key that should not be there and the one that was meant, if the message is of such.
func slip(message string) (key, meant string) {
	found := unexpected.FindStringSubmatch(message)
	if found == nil {
		return "", ""
	}
	var known []string
	for _, name := range quoted.FindAllStringSubmatch(message, -1) {
		if name[1] != found[1] {
			known = append(known, name[1])
		}
	}
	return found[1], nearest.Name(strings.ToLower(found[1]), known)
}

// explained is a message of the parser with the way out.
func explained(message string) string {
	message = strings.Join(strings.Fields(message), " ") // YAML's have line breaks
	if key, meant := slip(message); meant != "" {
		return fmt.Sprintf("unknown key %q: did you mean %q?", key, meant)
	}
	for _, r := range remedies {
		if strings.Contains(message, r.wrong) {
			return message + ": " + r.remedy
		}
	}
	return message
}
