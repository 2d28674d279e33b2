package docs_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// canMend is how the comment beside a kind of reason begins.
var canMend = regexp.MustCompile(`^(developer|operator|nobody)[:;] `)

func reasonsPage(t *testing.T) string {
	t.Helper()
	return made("pkg/runner/reason.go") + `# Reasons

Whatever waits, is refused, or ends otherwise than well has one of these, in the log, in the audit and in the record. The word stays as it is and
can be searched for; the sentence is for people, and may be reworded. What is *slanted* differs from one to the next.

The **developer** wrote the workflow; the **operator** runs the stack. Where it says **nobody**, nothing has to be done: it passes, or is repaired.
[The life of a job](lifecycle.md) tells when each comes up.
` + reasons(t)
}

// reasons are the kinds of reasons, under their headings.
func reasons(t *testing.T) string {
	t.Helper()
	var page strings.Builder
	var rows [][]string
	under := func() {
		if len(rows) > 0 {
			page.WriteString(table([]string{"reason", "says", "who can do something about it"}, rows))
		}
		rows = nil
	}
	for _, kind := range constantsOf(t, "../pkg/runner/reason.go", "ReasonKind") {
		if kind.value == "" {
			continue
		}
		if kind.heading != "" {
			under()
			page.WriteString("\n## " + strings.TrimSuffix(kind.heading, ".") + "\n\n")
		}
		if !canMend.MatchString(kind.comment) {
			t.Errorf("the comment beside the reason %q is %q: begin it with developer:, operator: or nobody:, and say what they can do", kind.value, kind.comment)
		}
		rows = append(rows, []string{code(kind.value), sentence(runner.ReasonKind(kind.value)), kind.comment})
	}
	under()
	return page.String()
}

// sentence is what a kind of reason says, with the names of its parameters.
func sentence(kind runner.ReasonKind) string {
	const number = 7654321
	moment := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text := runner.Reason{Kind: kind, What: "*what*", How: "*how*", N: number, Until: moment}.String()
	return strings.NewReplacer(strconv.Itoa(number), "*number*", moment.Format(time.TimeOnly), "*time*").Replace(text)
}
