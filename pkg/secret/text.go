package secret

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"sync"
)

// Text is a secret. Whatever prints it, by fmt, encoding/json or log/slog, prints three asterisks;
// only [Text.Reveal] and [Text.Bytes] give it away, so a search for these finds every place that does.
// Copies share the bytes: a wiped secret is gone for all of them. The zero Text is empty.
type Text struct {
	held *held
}

// held is what the copies of a secret share. Its bytes are behind a function: nobody calls Format for
// an unexported field, so fmt prints what is in there, following pointers for some verbs.
type held struct {
	mu    sync.RWMutex
	bytes func() []byte
}

// New makes a secret of a plain text.
func New(plain string) Text { return take([]byte(plain)) }

// take makes a secret of bytes that nobody else holds.
func take(plain []byte) Text {
	if len(plain) == 0 {
		return Text{}
	}
	return Text{&held{bytes: func() []byte { return plain }}}
}

// Bytes is a copy of the plain text. Who asked for it should clear it after use.
func (t Text) Bytes() []byte {
	if t.held == nil {
		return nil
	}
	t.held.mu.RLock()
	defer t.held.mu.RUnlock()
	return bytes.Clone(t.held.bytes())
}

// Reveal is the plain text, as a string, which cannot be cleared.
func (t Text) Reveal() string { return string(t.Bytes()) }

// Empty says whether there is no secret at all, or no more.
func (t Text) Empty() bool { return len(t.Bytes()) == 0 }

// Equal says whether two secrets are the same, in a time that tells nothing but their lengths.
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare(t.Bytes(), other.Bytes()) == 1
}

// Wipe overwrites the secret with zeros. It is empty from then on.
func (t Text) Wipe() {
	if t.held == nil {
		return
	}
	t.held.mu.Lock()
	defer t.held.mu.Unlock()
	clear(t.held.bytes())
	t.held.bytes = func() []byte { return nil }
}

// Format prints asterisks for every verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String is asterisks.
func (Text) String() string { return hidden }

// MarshalText is asterisks: a secret that slips into JSON is lost, not told.
func (Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue is asterisks.
func (Text) LogValue() slog.Value { return slog.StringValue(hidden) }
