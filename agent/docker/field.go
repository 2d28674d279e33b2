package docker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// field is one that a body may have, and what is asked of its value; nil is nothing.
type field struct {
	name  string
	judge func(p *Policy, name string, value any) error
}

// fields are those of an object, by their folded names.
type fields map[string]field

func known(groups ...[]field) fields {
	all := fields{}
	for _, f := range slices.Concat(groups...) {
		all[fold(f.name)] = f
	}
	return all
}

// judge judges every field of an object. One that is not known may be there if it asks for nothing, for
// clients write all that they know of.
func (f fields) judge(p *Policy, of string, o object) (values map[string]any, err error) {
	values, err = o.fields(of)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		known, is := f[key]
		switch {
		case !is && !asksNothingWithin(values[key]):
			return nil, &RefusedError{"unknown-field", fmt.Sprintf("%s%.50s is set", of, key), "nobody has judged yet what it may do: leave it out"}
		case known.judge != nil:
			if err := known.judge(p, of+known.name, values[key]); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

// free are fields that harm nobody, whatever they ask for.
func free(names ...string) []field {
	all := make([]field, len(names))
	for i, name := range names {
		all[i] = field{name: name}
	}
	return all
}

// unset are fields that have to ask for nothing.
func unset(rule, fix string, names ...string) []field {
	all := free(names...)
	for i := range all {
		all[i].judge = func(_ *Policy, name string, value any) error {
			if asksNothing(value) {
				return nil
			}
			return &RefusedError{rule, name + " is set", fix}
		}
	}
	return all
}

// among is a field that has to be one of some texts, or one that begins with "container:", if that is
// one of them.
func among(rule, fix, name string, allowed ...string) []field {
	return []field{{name, func(_ *Policy, name string, value any) error {
		text, is := value.(string)
		if value == nil || is && (text == "" || slices.Contains(allowed, text)) {
			return nil
		}
		if is && strings.HasPrefix(text, container) && slices.Contains(allowed, container) {
			return nil
		}
		return &RefusedError{rule, fmt.Sprintf("%s is %.100q", name, fmt.Sprint(value)), fix}
	}}}
}

// container begins a mode that is another container's.
const container = "container:"

// within is a field that is an object with fields of its own.
func within(name string, inner fields) []field {
	return []field{{name, func(p *Policy, name string, value any) error {
		if value == nil {
			return nil
		}
		o, is := value.(object)
		if !is {
			return wrongType(name, "an object")
		}
		_, err := inner.judge(p, name+".", o)
		return err
	}}}
}

func wrongType(name, want string) *RefusedError {
	return &RefusedError{"unreadable", name + " is not " + want, "write it as Docker's API says"}
}
