package workflow

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// statuses are the functions that ask what became of all before, with what each says where the status is
// the one or the other. What is cancelled ends here, so that nothing asks then.
// Source: docs.github.com, "Expressions", status check functions.
var statuses = map[string]map[When]bool{
	"success":   {OnSuccess: true},
	"failure":   {OnFailure: true},
	"always":    {OnSuccess: true, OnFailure: true},
	"cancelled": {},
}

// call is a function's value. Source: docs.github.com, "Expressions", functions.
func (s scope) call(n *actionlint.FuncCallNode) (value any, known bool) {
	name := strings.ToLower(n.Callee)
	if status, is := statuses[name]; is {
		return status[s.status], s.status != "" && len(n.Args) == 0
	}
	var args []any
	for _, arg := range n.Args {
		value, known := s.evaluate(arg)
		if !known {
			return nil, false
		}
		args = append(args, value)
	}
	if len(args) != 2 {
		return nil, false // no function with other numbers of them is evaluated here
	}
	in, what := strings.ToLower(text(args[0])), strings.ToLower(text(args[1]))
	switch name {
	case "startswith":
		return strings.HasPrefix(in, what), true
	case "endswith":
		return strings.HasSuffix(in, what), true
	case "contains":
		if elems, is := args[0].(array); is {
			return slices.ContainsFunc(elems, func(elem any) bool { return equal(elem, args[1]) }), true
		}
		return strings.Contains(in, what), true
	}
	return nil, false
}

// asks says whether an expression asks for a status anywhere.
func asks(node actionlint.ExprNode) (found bool) {
	actionlint.VisitExprNode(node, func(n, _ actionlint.ExprNode, entering bool) {
		if call, is := n.(*actionlint.FuncCallNode); is && entering {
			_, status := statuses[strings.ToLower(call.Callee)]
			found = found || status
		}
	})
	return found
}
