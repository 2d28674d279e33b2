package secret

import (
	"bytes"
	"io"
	"sync"
)

// chunk is how much is masked at a time, in bytes.
const chunk = 64 << 10

// Writer passes on what is written to it, with three asterisks in each secret's place, however the
// secret is spread over writes. It keeps back no more than what may be the beginning of a secret, which
// is at most three times the longest form of one. It is safe for concurrent use.
type Writer struct {
	masker *Masker

	mu     sync.Mutex
	to     io.Writer
	kept   []byte
	done   int // so many of the kept bytes belong to a secret whose asterisks are passed on
	closed bool
}

// NewWriter masks what a masker knows by the time it is written.
func NewWriter(to io.Writer, masker *Masker) *Writer { return &Writer{masker: masker, to: to} }

// Write takes all of p. Its error is that of the writer behind it, or [ErrClosed].
func (w *Writer) Write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, ErrClosed
	}
	for n < len(p) {
		next := p[n:min(len(p), n+chunk)]
		w.kept = append(w.kept, next...)
		if err := w.pass(false); err != nil {
			return n, err
		}
		n += len(next)
	}
	return n, nil
}

// Flush passes on what was kept back. If that is [MinBytes] or more of a secret, it is masked; the
// rest of that secret, written later, would not be known as such.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pass(true)
}

// Close is the last Flush. It does not close the writer behind it.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return w.pass(true)
}

func (w *Writer) pass(whole bool) error {
	found, open := w.masker.find(w.kept, whole)
	masked, done := replace(w.kept, found, w.done, open)
	w.kept, w.done = bytes.Clone(w.kept[open:]), done-open
	if len(masked) == 0 {
		return nil
	}
	_, err := w.to.Write(masked)
	return err
}
