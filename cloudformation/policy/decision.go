package policy

import (
	"fmt"
	"strings"
)

// Outcome is what became of a request for one resource, worst last.
type Outcome int

// The outcomes. All but Allowed refuse the request.
const (
	Allowed    Outcome = iota
	NotBounded         // a policy allows it, but the permissions boundary does not
	NotAllowed         // no statement allows it
	Denied             // a statement denies it
)

// Verdict is the outcome for one resource, and the statement that it is owed to: the one that denies,
// or the one that allows; none for NotAllowed.
type Verdict struct {
	Resource string // its ARN
	Outcome  Outcome
	Policy   string // the name that it was parsed with
	Sid      string // or "number 3", for a statement that has none
}

// Decision is a verdict for each of a request's resources, in their order.
type Decision []Verdict

// Allowed says whether the request goes through: when each of its resources does.
func (d Decision) Allowed() bool { return d.Because().Outcome == Allowed }

// Because is the verdict that decides: the first of the worst.
func (d Decision) Because() Verdict {
	worst := Verdict{Outcome: NotAllowed}
	for i, each := range d {
		if i == 0 || each.Outcome > worst.Outcome {
			worst = each
		}
	}
	return worst
}

// String is a line for each resource.
func (d Decision) String() string {
	lines := make([]string, len(d))
	for i, each := range d {
		lines[i] = each.String()
	}
	return strings.Join(lines, "\n")
}

// String is the verdict as a sentence.
func (v Verdict) String() string {
	by := fmt.Sprintf("statement %s of %s", v.Sid, v.Policy)
	switch v.Outcome {
	case Allowed:
		return fmt.Sprintf("%s: allowed by %s", v.Resource, by)
	case NotBounded:
		return fmt.Sprintf("%s: allowed by %s, but not by the permissions boundary", v.Resource, by)
	case Denied:
		return fmt.Sprintf("%s: denied by %s", v.Resource, by)
	case NotAllowed:
	}
	return v.Resource + ": no statement allows it"
}
