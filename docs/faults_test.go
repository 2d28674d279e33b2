package docs_test

import (
	"strings"
	"testing"
)

// faults are those that the stack has to bear, each with rows of its own.
var faults = []string{
	"Throttling", "Unavailable for minutes", "No capacity anywhere", "Quota", "Denied", "Wrong subnet or image", "Partial success",
	"Timeout after success", "Eventual consistency", "DynamoDB throttled", "SQS duplicates", "Secrets Manager down", "Clock skew against GitHub",
}

func TestEveryFaultHasATestThatCausesIt(t *testing.T) {
	page := read(t, "faults.md")
	for _, fault := range faults {
		_, rest, found := strings.Cut(page, "\n## "+fault+"\n")
		part, _, _ := strings.Cut(rest, "\n## ")
		rows := 0
		for row := range strings.Lines(part) {
			if !strings.HasPrefix(row, "| ") || strings.HasPrefix(row, "| fault |") {
				continue
			}
			rows++
			if !testName.MatchString(row) {
				t.Errorf("docs/faults.md, %s: no test causes this: %s", fault, row)
			}
		}
		if !found || rows == 0 {
			t.Errorf("docs/faults.md has no row under %q", fault)
		}
	}
}
