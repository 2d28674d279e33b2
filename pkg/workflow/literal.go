package workflow

import (
	"maps"
	"slices"

	"github.com/rhysd/actionlint"
)

// value is what the file has in a matrix.
func (f *file) value(raw actionlint.RawYAMLValue) any {
	switch raw := raw.(type) {
	case *actionlint.RawYAMLArray:
		all := array{}
		for _, elem := range raw.Elems {
			all = append(all, f.value(elem))
		}
		return all
	case *actionlint.RawYAMLObject:
		keys := slices.SortedFunc(maps.Keys(raw.Props), func(a, b string) int { return before(raw.Props[a].Pos(), raw.Props[b].Pos()) })
		all := object{}
		for _, key := range keys {
			all = append(all, member{key, f.value(raw.Props[key])})
		}
		return all
	case *actionlint.RawYAMLString:
		if value, typed := f.types[position(raw.Pos())]; typed {
			return value
		}
		filled, _, err := f.filled(scope{github: f.github()}, &actionlint.String{Value: raw.Value, Pos: raw.Pos()})
		if err != nil {
			return raw.Value
		}
		return filled
	default:
		return nil
	}
}
