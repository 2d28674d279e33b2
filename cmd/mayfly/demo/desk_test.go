package demo

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhereThereIsNoRoomItIsSaidInOneLine(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	_, err := newDesk()
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "TMPDIR") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line that names TMPDIR", err)
	}
	d := &desk{temp: filepath.Join(t.TempDir(), "full")}
	if err := d.room(); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v, want an error that names TMPDIR", err)
	}
}
