package webhook

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// token is the next one; what it is means nothing once the text is broken.
func (r *reader) token() jsontext.Token {
	if r.broken != nil {
		return jsontext.Null
	}
	token, err := r.json.ReadToken()
	r.judge(err)
	return token
}

// value is the next name, number or string, as it was written.
func (r *reader) value() jsontext.Value {
	if r.broken != nil {
		return nil
	}
	value, err := r.json.ReadValue()
	r.judge(err)
	return value
}

// skip passes over a value, which has to be as sound as those that are read.
func (r *reader) skip() {
	switch r.json.PeekKind() {
	case '{':
		for range r.members("payload") { // of which none is wanted
		}
	case '[':
		for range r.list("payload") {
			r.skip()
		}
	default:
		r.value()
	}
}

// judge notes that the text is broken. GitHub's log of deliveries has the payload, so that a place in
// it is enough, and no part of it gets into ours.
func (r *reader) judge(err error) {
	switch {
	case err == nil && r.json.StackDepth() <= maxDepth:
	case err == nil:
		r.broken = fmt.Errorf("payload is nested more than %d deep", maxDepth)
	default:
		r.broken = fmt.Errorf("payload is not valid JSON, at byte %d", offset(err))
	}
}

func offset(err error) int64 {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return syntax.ByteOffset
	}
	return 0 // there is no text
}
