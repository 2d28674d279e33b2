package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"
)

// condition reads an `if`: none, a literal, always(), success(), failure(), !cancelled(), what the scope
// evaluates, and the two joined by &&. Others are unclear.
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

func (s scope) when(node actionlint.ExprNode) When {
	if when := asked(node); when != "" {
		return when
	}
	if both, is := node.(*actionlint.LogicalOpNode); is && both.Kind == actionlint.LogicalOpNodeKindAnd {
		return join(s.when(both.Left), s.when(both.Right), asked(both.Left) != "")
	}
	value, known := s.evaluate(node)
	switch {
	case !known:
		return Unclear
	case truthy(value):
		return OnSuccess // which every condition asks for that does not ask
	default:
		return Never
	}
}

// join is when both of two conditions hold, of which the first or else the second asks for a status.
func join(left, right When, leftAsks bool) When {
	switch {
	case left == Never || right == Never:
		return Never
	case left == Unclear || right == Unclear:
		return Unclear
	case leftAsks && right == OnSuccess:
		return left
	case left == OnSuccess:
		return right
	default:
		return Unclear // such as always() && failure(), which nobody writes
	}
}

// asked is the status that a function asks for; empty if the node is no such function.
func asked(node actionlint.ExprNode) When {
	if not, is := node.(*actionlint.NotOpNode); is {
		if call, is := not.Operand.(*actionlint.FuncCallNode); is && strings.EqualFold(call.Callee, "cancelled") {
			return Always
		}
		return ""
	}
	call, is := node.(*actionlint.FuncCallNode)
	if !is || len(call.Args) > 0 {
		return ""
	}
	switch strings.ToLower(call.Callee) {
	case "success":
		return OnSuccess
	case "failure":
		return OnFailure
	case "always":
		return Always
	default:
		return ""
	}
}
