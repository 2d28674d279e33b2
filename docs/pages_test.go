// Package docs_test makes the pages that the code can tell by itself, and sees to it that what the
// others name is there.
package docs_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//go:generate go test . -run TestThePagesAreWhatTheCodeSays -update

var update = flag.Bool("update", false, "write the pages that are made from the code")

// pages are those that are made from the code.
var pages = map[string]func(t *testing.T) string{
	"states.md":   statesPage,
	"reasons.md":  reasonsPage,
	"settings.md": settingsPage,
	"words.md":    wordsPage,
}

func TestThePagesAreWhatTheCodeSays(t *testing.T) {
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			want := page(t)
			if *update {
				if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("docs/%s is not what the code says: run go generate ./... (-want +got)\n%s", name, diff)
			}
		})
	}
}

// made is the first line of such a page.
func made(from string) string {
	return "<!-- Made from " + from + " by go generate ./...: do not edit. -->\n\n"
}
