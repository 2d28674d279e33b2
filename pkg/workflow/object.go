package workflow

import (
	"slices"
	"strings"
)

// A value of an expression is nil, a bool, a float64, a string, an object or an array.
type (
	object []member // in the order of the file
	array  []any
	member struct {
		key   string
		value any
	}
)

// get is a member's value, in any case of letters; nil where there is none.
func (o object) get(key string) (value any, found bool) {
	i := slices.IndexFunc(o, func(m member) bool { return strings.EqualFold(m.key, key) })
	if i < 0 {
		return nil, false
	}
	return o[i].value, true
}

// set replaces a member or adds it.
func (o object) set(key string, value any) object {
	i := slices.IndexFunc(o, func(m member) bool { return strings.EqualFold(m.key, key) })
	if i < 0 {
		return append(slices.Clip(o), member{key, value})
	}
	o = slices.Clone(o)
	o[i].value = value
	return o
}

// with is an object and another's members over its own.
func (o object) with(others object) object {
	for _, m := range others {
		o = o.set(m.key, m.value)
	}
	return o
}

// within are the members whose keys another has; without, all others.
func (o object) within(other object) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { _, has := other.get(m.key); return !has })
}

func (o object) without(other object) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { _, has := other.get(m.key); return has })
}

func (o object) keys() (all []string) {
	for _, m := range o {
		all = append(all, m.key)
	}
	return all
}
