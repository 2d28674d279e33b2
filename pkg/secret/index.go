package secret

import (
	"bytes"
	"slices"
)

// MinBytes is how long a secret has to be, at least. Fewer bytes turn up by chance in what is no
// secret: masking them would make a log unreadable, and where its words are missing would tell what
// the secret is. All that needs to be secret here is much longer.
const MinBytes = 8

// head is how a form begins. No form is shorter than the secret that it is of.
type head [MinBytes]byte

// index finds forms by how they begin. Other than an automaton such as Aho and Corasick's, it takes a
// form up and gives it back in a time that depends on that form alone, and holds it once: a server
// has a new secret of some thousand bytes for every job, and each for a minute only.
type index struct {
	first  [256]int       // forms by their first byte
	starts map[string]int // forms by how they begin, up to one byte less than a head
	heads  map[head][][]byte
}

func newIndex() index {
	return index{starts: map[string]int{}, heads: map[head][][]byte{}}
}

func (x *index) add(form []byte) {
	x.count(form, 1)
	x.heads[head(form)] = append(x.heads[head(form)], form)
}

// remove forgets a form, and wipes it.
func (x *index) remove(form []byte) {
	x.count(form, -1)
	same := x.heads[head(form)]
	same = slices.DeleteFunc(same, func(f []byte) bool { return &f[0] == &form[0] })
	x.heads[head(form)] = same
	if len(same) == 0 {
		delete(x.heads, head(form))
	}
	clear(form)
}

func (x *index) count(form []byte, change int) {
	x.first[form[0]] += change
	for n := 1; n < MinBytes; n++ {
		start := string(form[:n])
		x.starts[start] += change
		if x.starts[start] == 0 {
			delete(x.starts, start)
		}
	}
}

// at looks for forms at the beginning of a text: the longest that is there whole, and whether there
// is one of which the whole text is the beginning.
func (x *index) at(text []byte) (whole int, cutOff bool) {
	if x.first[text[0]] == 0 {
		return 0, false
	}
	if len(text) < MinBytes {
		return 0, x.starts[string(text)] > 0
	}
	for _, form := range x.heads[head(text)] {
		switch {
		case bytes.HasPrefix(text, form):
			whole = max(whole, len(form))
		case bytes.HasPrefix(form, text):
			cutOff = true
		}
	}
	return whole, cutOff
}
