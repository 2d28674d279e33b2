package secret

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Store keeps secrets by name. What it is given it copies, and what it gives is a copy; its own
// bytes are wiped when another secret takes their name, and at the end. A secret is known to the
// store's masker before anybody can read it. It is safe for concurrent use; make it with [NewStore].
type Store struct {
	masker *Masker

	mu     sync.RWMutex
	byName map[string]Text // nil once closed
}

// NewStore is an empty store that tells a masker of every secret; nil masks nothing.
func NewStore(masker *Masker) *Store {
	return &Store{masker: masker, byName: map[string]Text{}}
}

// ErrClosed is that of a store or a writer which is closed.
var ErrClosed = errors.New("secret: closed")

// Set keeps a copy of a secret under a name. What had the name is wiped; the masker goes on masking
// it, for somebody may still use it. The error is [ErrClosed], or that of [Masker.Register].
func (s *Store) Set(name string, plain []byte) error {
	text := take(bytes.Clone(plain))
	if err := s.masker.Register(text, time.Time{}); err != nil {
		text.Wipe()
		return fmt.Errorf("%s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName == nil {
		text.Wipe()
		return fmt.Errorf("%s: %w", name, ErrClosed)
	}
	s.byName[name].Wipe()
	s.byName[name] = text
	return nil
}

// Get is a copy of the secret under a name, which lives on when the store's own is wiped; empty if
// there is none.
func (s *Store) Get(name string) Text {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return take(s.byName[name].Bytes())
}

// Close wipes every secret. From then on there is none.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range s.byName {
		text.Wipe()
	}
	s.byName = nil
}
