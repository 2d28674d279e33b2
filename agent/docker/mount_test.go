package docker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLinksOfTheHostAreFollowedToWhereTheyLead(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "work", "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"etc": "/etc", "in": "real", "broken": "/nowhere/at/all", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, "work", link)); err != nil {
			t.Fatal(err)
		}
	}
	for asked, want := range map[string]string{
		"work/real":       dir + "/work/real",
		"work/in/x":       dir + "/work/real/x",
		"work/not/yet":    dir + "/work/not/yet",
		"work/etc":        "/etc",
		"work/etc/passwd": "/etc/passwd",
		"work/etc/new":    "/etc/new",
		"work/broken":     "",
		"work/broken/x":   "",
		"work/loop":       "",
	} {
		got, err := resolve(filepath.Join(dir, asked))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", asked, got, err, want)
		}
	}
}
