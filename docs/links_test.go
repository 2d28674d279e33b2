package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	testName = regexp.MustCompile(`\bTest[A-Z][A-Za-z0-9]+`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notSlug  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// written are all pages there are.
func written(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(pages, "../README.md", "../CONTRIBUTING.md", "../cloudformation/README.md")
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, page := range written(t) {
		for _, found := range link.FindAllStringSubmatch(read(t, page), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := filepath.Join(filepath.Dir(page), target)
			if target == "" {
				file = page
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link %s leads nowhere: %v", page, found[1], err)
			} else if anchor != "" && !slices.Contains(anchors(read(t, file)), anchor) {
				t.Errorf("%s: %s has no heading #%s", page, target, anchor)
			}
		}
	}
}

// anchors are what GitHub makes of a page's headings.
func anchors(page string) (all []string) {
	for _, found := range heading.FindAllStringSubmatch(page, -1) {
		all = append(all, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-"))
	}
	return all
}

func TestEveryTestThatAPageNamesIsThere(t *testing.T) {
	there := map[string]bool{}
	for _, folder := range append(folders(t), "docs") {
		files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, line := range strings.Split(read(t, file), "\n") {
				if name, isTest := strings.CutPrefix(line, "func Test"); isTest {
					there["Test"+name[:strings.IndexByte(name, '(')]] = true
				}
			}
		}
	}
	for _, page := range written(t) {
		for _, name := range testName.FindAllString(read(t, page), -1) {
			if !there[name] {
				t.Errorf("%s names %s, and there is no such test", page, name)
			}
		}
	}
}
