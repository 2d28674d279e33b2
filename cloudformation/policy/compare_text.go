package policy

import (
	"errors"
	"fmt"
	"strings"
)

// equalText compares by case, and its wildcards are plain characters [operators].
func equalText(text string) (comparison, error) {
	compiled, err := compile(text)
	return comparison{pattern: compiled.plain(), match: func(whole pattern, value string) (bool, error) {
		return whole.matches(value), nil
	}}, err
}

func foldedText(text string) (comparison, error) {
	compiled, err := compile(text)
	return comparison{pattern: compiled.plain(), match: func(whole pattern, value string) (bool, error) {
		return strings.EqualFold(whole.String(), value), nil
	}}, err
}

// likeText has wildcards, which match any characters [operators].
func likeText(text string) (comparison, error) {
	compiled, err := compile(text)
	return comparison{pattern: compiled, match: func(whole pattern, value string) (bool, error) {
		return whole.matches(value), nil
	}}, err
}

// arnParts is how many parts colons separate; the last may have colons of its own.
const arnParts = 6

// likeARN compares each of an ARN's six parts on its own, with wildcards, whether it is called
// ArnEquals or ArnLike [operators].
func likeARN(text string) (comparison, error) {
	compiled, err := compileARN(text)
	if err == nil && len(compiled.parts()) < arnParts {
		err = errors.New("want an ARN of six parts")
	}
	return comparison{pattern: compiled, match: matchesARN}, err
}

func matchesARN(whole pattern, value string) (bool, error) {
	parts := strings.SplitN(value, ":", arnParts)
	if len(parts) < arnParts {
		return false, fmt.Errorf("%q is no ARN of six parts", value)
	}
	for i, part := range whole.parts() {
		if !part.matches(parts[i]) {
			return false, nil
		}
	}
	return true, nil
}

// parts splits an ARN's pattern at its first five colons.
func (p pattern) parts() []pattern {
	parts, from := []pattern{}, 0
	for i, each := range p {
		if each.is(':') && len(parts) < arnParts-1 {
			parts, from = append(parts, p[from:i]), i+1
		}
	}
	return append(parts, p[from:])
}

// String is the text of a pattern that has neither wildcards nor variables.
func (p pattern) String() string {
	var text strings.Builder
	for _, each := range p {
		text.WriteRune(each.char)
	}
	return text.String()
}
