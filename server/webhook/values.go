package webhook

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

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

func (r *reader) mistake(problem string, args ...any) {
	if r.wrong == nil {
		r.wrong = fmt.Errorf(problem, args...)
	}
}
