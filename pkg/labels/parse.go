package labels

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// maxBytes is how long a label may be: GitHub takes no longer ones for a runner (256 characters).
const maxBytes = 256

// names start a label of ours. They mean the same.
var names = []string{"mayfly", "runs-on"}

// An Error is a label that is not understood: which one, what is wrong with it and how to mend it.
type Error struct {
	Label   string // as the job has it, cut short if it is too long
	Problem string // one sentence for the job's author
}

func (e *Error) Error() string { return fmt.Sprintf("label %q: %s", e.Label, e.Problem) }

// Ours says whether a job with these labels asks for a runner of ours, well-formed or not.
func Ours(labels []string) bool { return slices.ContainsFunc(labels, ours) }

func ours(label string) bool {
	label = strings.ToLower(label)
	for _, name := range names {
		// The comma is RunsOn's older separator: such a job is ours too, and is told to use a slash.
		if rest, found := strings.CutPrefix(label, name); found && (rest == "" || strings.ContainsRune("=/,", rune(rest[0]))) {
			return true
		}
	}
	return false
}

// Parse is what a job with these labels asks for. Labels of GitHub's own beside ours, such as
// self-hosted or linux, change nothing. The error is an *[Error]. Neither case nor the order of the
// labels matters, as neither does to GitHub; only the routing value keeps its case.
func Parse(labels []string) (Ask, error) {
	label, err := single(labels)
	if err != nil {
		return Ask{}, err
	}
	if problem := spelling(label); problem != "" {
		return Ask{}, &Error{Label: shortened(label), Problem: problem}
	}
	ask, problem := parse(label)
	if problem != "" {
		return Ask{}, &Error{Label: label, Problem: problem}
	}
	return ask, nil
}

// single finds the one label of ours.
func single(labels []string) (string, error) {
	var found []string
	for _, label := range labels {
		key, _, isKey := strings.Cut(strings.ToLower(label), "=")
		switch {
		case ours(label):
			found = append(found, label)
		case isKey && (acts(key) || planned[key]):
			return "", &Error{Label: shortened(label), Problem: fmt.Sprintf(
				"all keys go into one label: append /%s= and its value to the label that starts with mayfly", key)}
		}
	}
	different := runner.CanonicalLabels(found)
	switch len(different) {
	case 0:
		return "", &Error{Problem: "no label asks for a runner of ours: use one that starts with mayfly or runs-on, such as mayfly/runner=2cpu-linux-x64"}
	case 1:
		return found[0], nil
	}
	return "", &Error{Label: shortened(different[1]), Problem: fmt.Sprintf("a job has one label of ours and this one has %d: put all keys into one", len(different))}
}

// spelling is what is wrong with a label's characters.
func spelling(label string) string {
	switch {
	case len(label) > maxBytes:
		return fmt.Sprintf("it is %d bytes long and a label has at most %d: shorten the routing value", len(label), maxBytes)
	case !utf8.ValidString(label):
		return "it is not valid UTF-8: use plain letters"
	case strings.ContainsFunc(label, unicode.IsControl):
		return "it has a control character, perhaps a line break: keep the label on one line"
	case strings.Contains(label, ","):
		return "a comma does not separate keys here: use a slash, as in mayfly/cpu=4/spot=false"
	}
	return ""
}

func parse(label string) (ask Ask, problem string) {
	head, rest, _ := strings.Cut(label, "/")
	_, id, _ := strings.Cut(head, "=")
	values, problem := settings(rest)
	if problem != "" {
		return Ask{}, problem
	}
	ask = Ask{ID: id}
	// Whatever their order in the label, runner is read first: what is said beside it counts more.
	for _, key := range keys {
		value, given := values[key.name]
		if !given {
			value = key.fallback
		}
		if problem := key.apply(&ask, value); problem != "" {
			return Ask{}, problem
		}
	}
	return ask, ""
}

// shortened is a label short enough to be told.
func shortened(label string) string {
	if len(label) <= maxBytes {
		return label
	}
	return strings.ToValidUTF8(label[:maxBytes], "") + "…"
}
