package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"
)

// condition reads an `if`: none, or an expression, alone or between ${{ and }}. One that is not evaluated
// here is unclear.
func (f *file) condition(s scope, of *actionlint.String) (Condition, error) {
	if of == nil {
		return Condition{When: OnSuccess}, nil
	}
	source := strings.TrimSpace(of.Value)
	c := Condition{When: Unclear, Text: shortened(source)}
	if inner, is := strings.CutPrefix(source, opening); is {
		source = inner
	} else if strings.Contains(source, opening) {
		return c, nil // a text with an expression in it is always true on GitHub, and never meant so
	} else {
		source += "}}"
	}
	node, length, problem := expression(source)
	if problem != "" {
		return c, errorAt(of.Pos, "the condition %q is none: %s", c.Text, problem)
	}
	if strings.TrimSpace(source[length:]) == "" {
		c.When = s.when(node)
	}
	return c, nil
}

// when asks an expression for both that may have become of all before. One that does not ask for it wants
// a success.
func (s scope) when(node actionlint.ExprNode) When {
	s.status = OnSuccess
	success, known := s.evaluate(node)
	s.status = OnFailure
	failure, alsoKnown := s.evaluate(node)
	switch afterSuccess, afterFailure := truthy(success), truthy(failure) && asks(node); {
	case !known || !alsoKnown:
		return Unclear
	case afterSuccess && afterFailure:
		return Always
	case afterSuccess:
		return OnSuccess
	case afterFailure:
		return OnFailure
	default:
		return Never
	}
}
