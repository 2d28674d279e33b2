//go:build vm || image

package vmtest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
)

// overlap is how much of a disk is looked at twice, so that nothing is missed between two reads.
const overlap = 4 << 10

// Search looks at every byte of a disk, a good part of it at a time.
func Search(t *testing.T, path string, look func(part []byte)) {
	t.Helper()
	disk, err := os.Open(path)
	Must(t, err)
	defer func() { _ = disk.Close() }()
	buffer := make([]byte, 8<<20)
	for from := int64(0); ; from += int64(len(buffer) - overlap) {
		n, err := disk.ReadAt(buffer, from)
		look(buffer[:n])
		if errors.Is(err, io.EOF) {
			return
		}
		Must(t, err)
	}
}

// Holds says whether a text is anywhere on a disk.
func Holds(t *testing.T, path, text string) (found bool) {
	t.Helper()
	Search(t, path, func(part []byte) { found = found || bytes.Contains(part, []byte(text)) })
	return found
}
