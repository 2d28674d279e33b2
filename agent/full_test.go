//go:build disk

package agent_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
)

// full is a disk of a few pages with an image on it, and nothing free.
func (w *world) full(t *testing.T) {
	t.Helper()
	w.root = t.TempDir()
	if err := syscall.Mount("tmpfs", w.root, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatalf("mount a small disk, as root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(w.root, 0) })
	w.image(t)
	filler, err := os.Create(filepath.Join(w.root, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	if err := errors.Join(err, filler.Close()); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want a disk that is full", err)
	}
}

func TestOnAFullDiskNoJobStartsAndThatIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.full(t)
		w.assign(t)
		w.mustFail(t, "no space left on device")
		w.mustEndUnstarted(t)
	})
}
