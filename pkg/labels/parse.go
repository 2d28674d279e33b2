package labels

import (
	"fmt"
	"slices"
	"strings"
)

// names start a label of ours. They mean the same.
var names = []string{"mayfly", "runs-on"}

// An Error is a label that is not understood: which one, what is wrong with it and how to mend it.
type Error struct {
	Label   string // as the job has it, cut short if it is too long
	Problem string // one sentence for the job's author
}

func (e *Error) Error() string { return fmt.Sprintf("label %q: %s", e.Label, e.Problem) }

// Ours says whether a job with these labels asks for a runner of ours, well-formed or not. So does
// a job whose only label is dependabot, though there is nothing for it.
func Ours(labels []string) bool {
	return slices.ContainsFunc(labels, ours) || len(labels) == 1 && strings.EqualFold(labels[0], dependabot)
}

func ours(label string) bool {
	for _, name := range names {
		if len(label) < len(name) || !strings.EqualFold(label[:len(name)], name) {
			continue
		}
		if rest := label[len(name):]; rest == "" || strings.ContainsRune("="+separators, rune(rest[0])) {
			return true
		}
	}
	return false
}

// Elsewhere is what labels say of their stack that is not so of one in this environment and region:
// "env=staging". Empty if the job is for such a stack.
func Elsewhere(labels []string, env, region string) string {
	s := read(labels)
	if asked := s.value("env"); s.ours && asked == "" && !strings.EqualFold(env, DefaultEnv) {
		return "env=" + DefaultEnv
	} else if asked != "" && !strings.EqualFold(asked, env) {
		return "env=" + asked
	}
	if asked := s.value("region"); asked != "" && !strings.EqualFold(asked, region) {
		return "region=" + asked
	}
	return ""
}

// Parse is what a job with these labels asks for. Labels of GitHub's own beside ours, such as
// self-hosted or linux, change nothing. The error is an *[Error]. Neither case nor the order of the
// labels matters, as neither does to GitHub; only the routing value keeps its case.
func Parse(labels []string) (Ask, error) {
	if !Ours(labels) {
		return Ask{}, &Error{Problem: "no label asks for a runner of ours: use one that starts with mayfly or runs-on, such as mayfly/runner=2cpu-linux-x64"}
	}
	s := read(labels)
	if s.wrong != nil {
		return Ask{}, s.wrong
	}
	ask := unasked()
	ask.ID = s.id
	for i := range keys {
		if said := s.values[i]; said.label != "" {
			if problem := act(&keys[i], &ask, said.text); problem != "" {
				return Ask{}, &Error{Label: said.label, Problem: problem}
			}
		}
	}
	if ask.Image != "" && ask.AMI != "" {
		return Ask{}, &Error{Label: s.values[place["ami"]].label, Problem: fmt.Sprintf("image=%s and ami=%s both say what to boot from: keep one", ask.Image, ask.AMI)}
	}
	ask.CPU = s.cpus(ask)
	ask.Unknown = slips(s.unknown)
	return ask, nil
}

func act(key *Key, ask *Ask, value string) (problem string) {
	if key.apply == nil {
		return key.refusal()
	}
	return key.apply(ask, value)
}

// cpus is how many vCPUs it is to be: where nothing says so, but something else says what machine it
// is to be, as many as that has.
func (s *said) cpus(ask Ask) Range {
	switch {
	case ask.Runner != "" || s.value("cpu") != "":
		return ask.CPU
	case ask.Exact():
		return Range{Min: 1}
	case ask.RAM.Min > 0:
		return Range{Min: defaultCPU}
	}
	return ask.CPU
}
