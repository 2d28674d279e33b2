package policy

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// pattern is a text of a policy, with its wildcards and variables found.
type pattern []token

// token is a character, a wildcard or a variable. Only * and ? are wildcards [resource].
type token struct {
	kind     kind
	char     rune
	variable variable
}

type kind int

const (
	literal   kind = iota
	star           // * that crosses colons
	segment        // * within one part of an ARN
	oneAny         // ? for any character
	oneNarrow      // ? for any but a colon
	replaced       // a variable
)

// anyResource is the Resource "*".
const anyResource = "*"

var actionForm = regexp.MustCompile(`^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$`)

// actionPattern compiles an Action. Prefix and name are case-insensitive, and the name may have
// wildcards [action].
func actionPattern(text string) (pattern, error) {
	if !actionForm.MatchString(text) {
		return nil, errors.New(`want "*" or service:Name, where the name alone may have wildcards, and no variables`)
	}
	return compile(strings.ToLower(text))
}

// resourcePattern compiles a Resource. Wildcards match within the parts of an ARN that colons
// separate; a * that ends a part may match beyond it [resource]. After the fifth colon is the
// resource itself, one part, whose name may have colons of its own.
func resourcePattern(text string) (pattern, error) {
	if text == anyResource {
		return pattern{{kind: star}}, nil
	}
	compiled, err := compileARN(text)
	if err != nil {
		return nil, err
	}
	colons := 0
	for i, each := range compiled {
		last := i+1 == len(compiled) || compiled[i+1].is(':')
		switch {
		case each.is(':'):
			colons++
		case colons >= 5:
		case each.kind == star && !last:
			compiled[i].kind = segment
		case each.kind == oneAny:
			compiled[i].kind = oneNarrow
		}
	}
	return compiled, nil
}

// compileARN compiles a text that must be an ARN, with variables only after its fifth colon [variables].
func compileARN(text string) (pattern, error) {
	compiled, err := compile(text)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text, "arn:") {
		return nil, errors.New("want an ARN, arn:partition:service:region:account:resource")
	}
	colons := 0
	for _, each := range compiled {
		if each.is(':') {
			colons++
		}
		if each.kind == replaced && colons < 5 {
			return nil, errors.New("a variable before the fifth colon; AWS replaces them only after it")
		}
	}
	return compiled, nil
}

func (t token) is(char rune) bool { return t.kind == literal && t.char == char }

// matches says whether the pattern, whose variables are replaced, matches all of the text. It goes
// through the text once, with all places of the pattern where it may be, so that no pattern takes long.
func (p pattern) matches(text string) bool {
	at, next := make([]bool, len(p)+1), make([]bool, len(p)+1)
	at[0] = true
	p.skipStars(at)
	for _, char := range text {
		clear(next)
		for i, each := range p {
			if !at[i] || !each.accepts(char) {
				continue
			}
			if each.repeats() {
				next[i] = true
			} else {
				next[i+1] = true
			}
		}
		if !slices.Contains(next, true) {
			return false
		}
		p.skipStars(next)
		at, next = next, at
	}
	return at[len(p)]
}

// skipStars adds the places behind wildcards that match nothing.
func (p pattern) skipStars(at []bool) {
	for i, each := range p {
		if at[i] && each.repeats() {
			at[i+1] = true
		}
	}
}

func (t token) repeats() bool { return t.kind == star || t.kind == segment }

func (t token) accepts(char rune) bool {
	switch t.kind {
	case star, oneAny:
		return true
	case segment, oneNarrow:
		return char != ':'
	case literal, replaced:
	}
	return t.is(char)
}
