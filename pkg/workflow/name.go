package workflow

import "strings"

// maxName is how long a job's name may be, in characters; a longer one ends in dots.
const maxName = 100

// suffixed is a job's name with the values of its combination, as GitHub shows it.
func suffixed(name string, values object) string {
	if segments := segments(values); len(segments) > 0 {
		name += " (" + strings.Join(segments, ", ") + ")"
	}
	if letters := []rune(name); len(letters) > maxName {
		name = string(letters[:maxName-len("...")]) + "..."
	}
	return name
}

// segments are the texts of all scalars in a value that are not empty.
func segments(value any) (all []string) {
	switch value := value.(type) {
	case object:
		for _, m := range value {
			all = append(all, segments(m.value)...)
		}
	case array:
		for _, elem := range value {
			all = append(all, segments(elem)...)
		}
	default:
		if segment := text(value); segment != "" {
			all = append(all, segment)
		}
	}
	return all
}
