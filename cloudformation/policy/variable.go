package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// variable is a ${key} or a ${key, 'default'} of a policy [variables].
type variable struct {
	key        string
	preset     string
	hasDefault bool
}

// compile finds wildcards and variables in a text. ${*}, ${?} and ${$} are these characters
// themselves [variables].
func compile(text string) (pattern, error) {
	compiled := pattern{}
	for text != "" {
		if inner, ok := strings.CutPrefix(text, "${"); ok {
			name, rest, closed := strings.Cut(inner, "}")
			if !closed {
				return nil, errors.New("${ without }")
			}
			one, err := compileVariable(name)
			if err != nil {
				return nil, err
			}
			compiled, text = append(compiled, one), rest
			continue
		}
		char, rest := cutRune(text)
		compiled, text = append(compiled, wildcard(char)), rest
	}
	return compiled, nil
}

func cutRune(text string) (first rune, rest string) {
	for i, char := range text {
		if i > 0 {
			return first, text[i:]
		}
		first = char
	}
	return first, ""
}

func wildcard(char rune) token {
	switch char {
	case '*':
		return token{kind: star, char: char}
	case '?':
		return token{kind: oneAny, char: char}
	}
	return token{kind: literal, char: char}
}

func compileVariable(text string) (token, error) {
	if text == "*" || text == "?" || text == "$" {
		return token{kind: literal, char: rune(text[0])}, nil
	}
	key, preset, hasDefault := strings.Cut(text, ", ")
	if hasDefault && (len(preset) < 2 || preset[0] != '\'' || preset[len(preset)-1] != '\'') {
		return token{}, fmt.Errorf("${%s}: want a default as ${key, 'default'}", text)
	}
	typ, err := typeOf(key)
	if err != nil {
		return token{}, fmt.Errorf("${%s}: %w", text, err)
	}
	if typ.many {
		return token{}, fmt.Errorf("${%s}: a key of many values cannot be a variable", text)
	}
	return token{kind: replaced, variable: variable{key: key, preset: strings.Trim(preset, "'"), hasDefault: hasDefault}}, nil
}

// plain is a text whose wildcards are plain characters, for operators that have none. Its variables stay.
func (p pattern) plain() pattern {
	without := make(pattern, len(p))
	for i, each := range p {
		if each.kind == star || each.kind == oneAny {
			each.kind = literal
		}
		without[i] = each
	}
	return without
}

// replace puts a request's values where variables are, as plain characters. It reports false when
// the request has no such key and there is no default.
func (p pattern) replace(context Context) (pattern, bool) {
	if !slices.ContainsFunc(p, func(each token) bool { return each.kind == replaced }) {
		return p, true
	}
	whole := make(pattern, 0, len(p))
	for _, each := range p {
		if each.kind != replaced {
			whole = append(whole, each)
			continue
		}
		value := each.variable.preset
		if given := context.get(each.variable.key); len(given) > 0 {
			value = given[0]
		} else if !each.variable.hasDefault {
			return nil, false
		}
		for _, char := range value {
			whole = append(whole, token{kind: literal, char: char})
		}
	}
	return whole, true
}
