package workflow

import "slices"

// matches says whether values are what a filter has for the rows' keys.
func matches(values, filter, rows object) bool {
	return !slices.ContainsFunc(filter.within(rows), func(want member) bool {
		value, _ := values.get(want.key)
		return !covers(want.value, value)
	})
}

// covers compares the leaves of a filter's value with those of a combination's, which may have more.
func covers(want, value any) bool {
	switch want := want.(type) {
	case object:
		fields, _ := value.(object)
		return !slices.ContainsFunc(want, func(m member) bool {
			field, _ := fields.get(m.key)
			return !covers(m.value, field)
		})
	case array:
		elems, _ := value.(array)
		for i, elem := range want {
			if i >= len(elems) && elem != nil || i < len(elems) && !covers(elem, elems[i]) {
				return false
			}
		}
		return true
	default:
		return equal(want, value)
	}
}
