package webhook

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// name is the name of a member: where in the body it is, with its quotes.
type name struct {
	start, end int64
	hash       uint64 // two names of one hash are taken for the same; nobody outside can make such two
	odd        bool   // not in plain lower-case ASCII: it may be another name in another case
}

var seed = maphash.MakeSeed()

// name reads the name of a member, and says which of those that are wanted it is: -1 is none.
func (r *reader) name(wanted []string) (at int) {
	raw := r.value()
	if r.broken != nil {
		return -1
	}
	end := r.json.InputOffset()
	n := name{start: end - int64(len(raw)), end: end, odd: odd(raw)}
	text := []byte(raw[1 : len(raw)-1])
	if n.odd {
		text = r.written(n)
	}
	n.hash = maphash.Bytes(seed, text)
	r.names = append(r.names, n)
	return slices.IndexFunc(wanted, func(name string) bool { return name == string(text) })
}

func odd(raw []byte) bool {
	for _, c := range raw {
		if 'A' <= c && c <= 'Z' || c > unicode.MaxASCII || c == '\\' {
			return true
		}
	}
	return false
}

// written is a name without its quotes and escapes.
func (r *reader) written(n name) []byte {
	text, err := jsontext.AppendUnquote(nil, r.body[n.start:n.end])
	r.judge(err)
	return text
}

// twice is the error of an object that has a name twice.
func (r *reader) twice(path string, names []name) error {
	r.hashes = r.hashes[:0]
	for _, n := range names {
		r.hashes = append(r.hashes, n.hash)
	}
	slices.Sort(r.hashes)
	for i := 1; i < len(r.hashes); i++ {
		if r.hashes[i] == r.hashes[i-1] {
			at := slices.IndexFunc(names, func(n name) bool { return n.hash == r.hashes[i] })
			return fmt.Errorf("%s has the name %q twice in one object", path, shortened(string(r.written(names[at]))))
		}
	}
	return nil
}

// recased is the error of an object with two names that differ in case alone, or with a wanted one in
// another case: encoding/json and others would take the one for the other.
func (r *reader) recased(path string, names []name, wanted []string) error {
	if len(wanted) == 0 || !slices.ContainsFunc(names, func(n name) bool { return n.odd }) {
		return nil
	}
	seen := map[string]string{}
	for _, name := range wanted {
		seen[folded(name)] = name
	}
	for _, n := range names {
		name := string(r.written(n))
		if other, there := seen[folded(name)]; there && other != name {
			return fmt.Errorf("%s has the name %q, which is %q in another case", path, shortened(name), shortened(other))
		}
		seen[folded(name)] = name
	}
	return nil
}

// folded is the same for all that Unicode holds to be one name in different cases.
func folded(name string) string {
	return strings.Map(func(c rune) rune {
		least := c
		for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, name)
}
