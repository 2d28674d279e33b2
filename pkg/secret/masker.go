package secret

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Masker takes secrets out of texts. It finds each secret as it is, quoted, in base64 and URL-encoded;
// where secrets overlap, all of them go. A nil Masker masks nothing, and takes everything. It is safe
// for concurrent use; make it with [NewMasker].
type Masker struct {
	mu      sync.RWMutex
	index   index
	secrets map[[sha256.Size]byte]*registered
}

// registered is a secret that is being masked.
type registered struct {
	forms [][]byte
	until time.Time // zero is for ever
}

// NewMasker is a masker that knows no secret yet.
func NewMasker() *Masker {
	return &Masker{index: newIndex(), secrets: map[[sha256.Size]byte]*registered{}}
}

// Register makes the masker mask a secret, from now on until it is worth nothing any more; the zero
// time is for ever. Registered twice, it is masked until the later time. The error says that the
// secret has less than [MinBytes], so that it cannot be masked and should not be used.
func (m *Masker) Register(text Text, until time.Time) error {
	plain := text.Bytes()
	defer clear(plain)
	if len(plain) < MinBytes {
		return fmt.Errorf("secret: it has %d bytes, at least %d are needed to mask it: use a longer one", len(plain), MinBytes)
	}
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(time.Now())
	key := sha256.Sum256(plain)
	if known := m.secrets[key]; known != nil {
		if until.IsZero() || !known.until.IsZero() && until.After(known.until) {
			known.until = until
		}
		return nil
	}
	added := &registered{forms: forms(plain), until: until}
	for _, form := range added.forms {
		m.index.add(form)
	}
	m.secrets[key] = added
	return nil
}

// forget forgets the secrets that are worth nothing any more.
func (m *Masker) forget(now time.Time) {
	for key, old := range m.secrets {
		if old.until.IsZero() || now.Before(old.until) {
			continue
		}
		for _, form := range old.forms {
			m.index.remove(form)
		}
		delete(m.secrets, key)
	}
}

// Mask is a text with three asterisks in each secret's place. Where the text's end cuts a secret off,
// after [MinBytes] or more, what is there of it is masked, too.
func (m *Masker) Mask(text []byte) []byte {
	found, _ := m.find(text, true)
	if len(found) == 0 {
		return text
	}
	masked, _ := replace(text, found, 0, len(text))
	return masked
}

// MaskString is [Masker.Mask] for strings.
func (m *Masker) MaskString(text string) string { return string(m.Mask([]byte(text))) }

// span is a piece of a text.
type span struct{ start, end int }

// find finds every form that is in a text, in order. From open on the text may be the beginning of
// one that goes on in what comes after; if the text is whole, nothing does.
func (m *Masker) find(text []byte, whole bool) (found []span, open int) {
	if m == nil {
		return nil, len(text)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.secrets) == 0 {
		return nil, len(text)
	}
	open = len(text)
	for _, v := range views(text) {
		if !whole {
			open = min(open, v.offset(len(v.text)))
		}
		v.each(func(rest []byte, i, at int) {
			length, cutOff := m.index.at(rest)
			switch {
			case cutOff && !whole:
				open = min(open, at)
			case cutOff && len(rest) >= MinBytes:
				length = len(rest)
			}
			if length > 0 {
				found = append(found, span{at, v.offset(i + length)})
			}
		})
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return found, open
}

// replace masks what was found in a text, up to open. What is before done was passed on before; done
// is then how far that is the case.
func replace(text []byte, found []span, done, open int) (masked []byte, nowDone int) {
	for _, secret := range found {
		if secret.start >= open {
			break
		}
		if secret.start >= done {
			masked = append(append(masked, text[done:secret.start]...), hidden...)
		}
		done = max(done, secret.end)
	}
	if done < open {
		masked = append(masked, text[done:open]...)
		done = open
	}
	return masked, done
}
