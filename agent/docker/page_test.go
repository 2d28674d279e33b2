package docker

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ruleName finds where a rule is named in the source.
var ruleName = regexp.MustCompile(`(?:RefusedError\{|unset\(|among\(|refuse\()"([a-z-]+)"`)

func TestThePageTellsOfEveryRule(t *testing.T) {
	page, err := os.ReadFile("../../docs/docker.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range ruleName.FindAllStringSubmatch(string(source), -1) {
			rules[match[1]] = true
		}
	}
	for rule := range rules {
		if !strings.Contains(string(page), "`"+rule+"`") {
			t.Errorf("docs/docker.md does not tell of the rule %s", rule)
		}
	}
	for _, match := range regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|").FindAllStringSubmatch(string(page), -1) {
		for _, rule := range strings.Fields(strings.ReplaceAll(match[1], "`", "")) {
			if !rules[rule] {
				t.Errorf("docs/docker.md tells of a rule %s, which there is not", rule)
			}
		}
	}
}
