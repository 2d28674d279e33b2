package docs_test

import (
	"strings"
	"testing"
)

func TestContributorsAreToldWhatMakeCheckDoes(t *testing.T) {
	_, rest, found := strings.Cut(read(t, "../Makefile"), "\nCHECKS := ")
	checks, _, _ := strings.Cut(rest, "\n")
	if !found || checks == "" {
		t.Fatal("the Makefile has no CHECKS")
	}
	page := read(t, "../CONTRIBUTING.md")
	for _, check := range strings.Fields(checks) {
		if !strings.Contains(page, code(check)) {
			t.Errorf("CONTRIBUTING.md does not tell what make %s does, which is a part of make check", check)
		}
	}
}
