package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestInstallWritesTheUnitsBelowARoot(t *testing.T) {
	root := t.TempDir()
	if got := run([]string{"install", root}); got != 0 {
		t.Errorf("got exit code %d, want 0", got)
	}
	if _, err := os.Stat(filepath.Join(root, "etc", "systemd", "system", "mayfly-agent.service")); err != nil {
		t.Error(err)
	}
	if got := run([]string{"install", "/dev/null"}); got != 1 {
		t.Errorf("where nothing can be written: got exit code %d, want 1", got)
	}
}

func TestArgumentsThatAreNoneAreRefused(t *testing.T) {
	for _, args := range [][]string{{"instal"}, {"install", "a", "b"}, {""}} {
		if got := run(args); got != 2 {
			t.Errorf("%q: got exit code %d, want 2", args, got)
		}
	}
}
