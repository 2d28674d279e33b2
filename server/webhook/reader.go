package webhook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// maxDepth is how deeply a payload may be nested. GitHub's own are five deep.
const maxDepth = 32

// reader reads a JSON text once, from front to back. A text that two readers could take for
// different things is broken: bytes after its end, a name twice in one object, UTF-8 or surrogates
// that are none. Where members are read, two names that differ in case alone are one name too.
type reader struct {
	json   *jsontext.Decoder
	body   []byte
	names  []name   // of the objects that are open
	hashes []uint64 // of the names of the object that was read last

	broken error // the text is no payload at all; nothing more is read
	wrong  error // the first value that is read and is of the wrong type
}

// readers are kept for the next payload.
var readers = sync.Pool{New: func() any { return &reader{json: jsontext.NewDecoder(new(bytes.Buffer))} }}

// jsontext's own look for duplicates takes a map for every large object, and a third of a webhook's
// time; ours is in [reader.twice].
var lenient = jsontext.AllowDuplicateNames(true)

// newReader reads a body. Close ends it; what was read stays good.
func newReader(body []byte) *reader {
	r := readers.Get().(*reader)
	r.json.Reset(bytes.NewBuffer(body), lenient)
	*r = reader{json: r.json, body: body, names: r.names[:0], hashes: r.hashes}
	return r
}

func (r *reader) close() {
	r.json.Reset(new(bytes.Buffer)) // lets go of the body
	r.body = nil
	if cap(r.names) <= 1024 {
		readers.Put(r)
	}
}

// members opens an object and gives the names that are wanted of it, as they come. Whoever ranges
// over them reads the value of each. All other members are skipped.
func (r *reader) members(path string, wanted ...string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !r.opens('{', path, "an object") {
			return
		}
		outer := len(r.names)
		for r.broken == nil && r.json.PeekKind() != '}' {
			if at := r.name(wanted); at < 0 {
				r.skip()
			} else if !yield(wanted[at]) {
				return
			}
		}
		r.token()
		if r.broken == nil {
			r.broken = cmp.Or(r.twice(path, r.names[outer:]), r.recased(path, r.names[outer:], wanted))
		}
		r.names = r.names[:outer]
	}
}

// list opens an array and says of each value that it is there. Whoever ranges over them reads it.
func (r *reader) list(path string) iter.Seq[int] {
	return func(yield func(int) bool) {
		if !r.opens('[', path, "a list") {
			return
		}
		for i := 0; r.broken == nil && r.json.PeekKind() != ']'; i++ {
			if !yield(i) {
				return
			}
		}
		r.token()
	}
}

// opens reads the start of an object or an array, if that is what comes. Null opens nothing.
func (r *reader) opens(start jsontext.Kind, path, article string) bool {
	if !r.is(start, path, article) {
		return false
	}
	r.token()
	return r.broken == nil
}

// is says whether the value that comes is of a kind. One that is not is skipped, and wrong unless it
// is null, which is as good as not there.
func (r *reader) is(kind jsontext.Kind, path, article string) bool {
	got := r.json.PeekKind()
	if got == kind {
		return true
	}
	r.skip()
	if got != 'n' {
		r.mistake("%s is of the wrong type, it has to be %s", path, article)
	}
	return false
}

func (r *reader) null() bool { return r.json.PeekKind() == 'n' }

func (r *reader) text(path string) string {
	if !r.is('"', path, "a string") {
		return ""
	}
	return r.token().String()
}

// known reads a yes or a no. Null is neither.
func (r *reader) known(path string) runner.Known {
	switch kind := r.json.PeekKind(); kind {
	case 't', 'f':
		r.token()
		return runner.YesIf(kind == 't')
	case 'n':
		r.skip()
	default:
		r.skip()
		r.mistake("%s is of the wrong type, it has to be true or false", path)
	}
	return runner.Unsaid
}

// id reads a whole number as GitHub writes its ids: digits alone. Null is zero.
func (r *reader) id(path string) int64 {
	if !r.is('0', path, "a whole number") {
		return 0
	}
	raw := r.value()
	id, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil && r.broken == nil {
		r.mistake("%s is %s, it has to be a whole number below 2^63, in digits alone", path, shortened(string(raw)))
	}
	return id
}

// time reads a time of RFC 3339. Null is the zero time.
func (r *reader) time(path string) (at time.Time) {
	if !r.is('"', path, "a time") {
		return at
	}
	text := r.token().String()
	if err := at.UnmarshalText([]byte(text)); err != nil {
		r.mistake("%s is %q, it has to be a time of RFC 3339", path, shortened(text))
	}
	return at.UTC()
}

// end sees that nothing is left.
func (r *reader) end() {
	if r.broken != nil {
		return
	}
	if _, err := r.json.ReadToken(); !errors.Is(err, io.EOF) {
		r.broken = fmt.Errorf("payload has more after its end, at byte %d", r.json.InputOffset())
	}
}

func (r *reader) mistake(problem string, args ...any) {
	if r.wrong == nil {
		r.wrong = fmt.Errorf(problem, args...)
	}
}
