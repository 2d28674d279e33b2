package stock

import (
	"archive/tar"
	"os"
	"strings"
	"testing"
)

func TestAnArchiveLeadsNowhereElse(t *testing.T) {
	for name, entries := range map[string][]entry{
		"up":             {{"../out", "x", 0o600, tar.TypeReg}},
		"absolute":       {{"/out", "x", 0o600, tar.TypeReg}},
		"through a link": {{"link", "..", 0o777, tar.TypeSymlink}, {"link/out", "x", 0o600, tar.TypeReg}},
		"a hard link":    {{"link", "/etc/passwd", 0o600, tar.TypeLink}},
		"a device":       {{"null", "", 0o600, tar.TypeChar}},
		"the same twice": {{"a", "x", 0o600, tar.TypeReg}, {"a", "y", 0o600, tar.TypeReg}},
	} {
		body := archiveOf(t, entries)
		w := newWorld(t, body)
		_, err := w.Install(t.Context(), dir, download(body), true)
		if err == nil || !strings.Contains(err.Error(), "unpack the runner") {
			t.Errorf("%s: got %v, want that it is not unpacked", name, err)
		}
		if _, err := os.Stat(w.Root + "/opt/out"); err == nil {
			t.Errorf("%s: it was written outside of the runner's directory", name)
		}
	}
}
