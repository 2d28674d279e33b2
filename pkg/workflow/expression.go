package workflow

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// scope is what expressions see. A context that is nil is not there.
type scope struct {
	github object // of which only this is known
	runner object // likewise; GitHub has it in steps alone
	matrix object
	env    layers
	strict bool // GitHub has no env here
	status When // what became of all before: OnSuccess or OnFailure, in an `if` alone
}

// layers are envs by lower-case names, the innermost last: the parser forgets the case of a property, and
// refuses two names in one env that differ by nothing else.
type layers []map[string]string

// under is a scope with an env more.
func (s scope) under(env map[string]string) scope {
	layer := make(map[string]string, len(env))
	for name, value := range env {
		layer[strings.ToLower(name)] = value
	}
	s.env = append(slices.Clip(s.env), layer)
	return s
}

func (l layers) get(name string) string {
	for _, layer := range slices.Backward(l) {
		if value, found := layer[strings.ToLower(name)]; found {
			return value
		}
	}
	return ""
}

// evaluate is the value of an expression, if a file alone decides it.
func (s scope) evaluate(node actionlint.ExprNode) (value any, known bool) {
	switch n := node.(type) {
	case *actionlint.NullNode:
		return nil, true
	case *actionlint.BoolNode:
		return n.Value, true
	case *actionlint.IntNode:
		return float64(n.Value), true
	case *actionlint.FloatNode:
		return n.Value, true
	case *actionlint.StringNode:
		return n.Value, true
	case *actionlint.ObjectDerefNode:
		return s.member(n.Receiver, n.Property)
	case *actionlint.IndexAccessNode:
		return s.index(n)
	case *actionlint.NotOpNode:
		value, known := s.evaluate(n.Operand)
		return !truthy(value), known
	case *actionlint.CompareOpNode:
		return s.compare(n)
	case *actionlint.LogicalOpNode:
		return s.logic(n)
	case *actionlint.FuncCallNode:
		return s.call(n)
	case *actionlint.VariableNode:
		return s.context(n.Name)
	default:
		return nil, false
	}
}

// context is a whole context, of those that are values.
func (s scope) context(name string) (value any, known bool) {
	if strings.EqualFold(name, "matrix") {
		return s.matrix, s.matrix != nil
	}
	return nil, false
}

// member is a property: null where the receiver does not have it, as on GitHub.
func (s scope) member(receiver actionlint.ExprNode, name string) (value any, known bool) {
	if variable, is := receiver.(*actionlint.VariableNode); is {
		switch strings.ToLower(variable.Name) {
		case "github":
			return s.github.get(name)
		case "runner":
			return s.runner.get(name)
		case "env":
			return s.env.get(name), s.env != nil
		}
	}
	of, known := s.evaluate(receiver)
	if fields, is := of.(object); is {
		value, _ = fields.get(name)
	}
	return value, known
}

func (s scope) index(n *actionlint.IndexAccessNode) (value any, known bool) {
	at, known := s.evaluate(n.Index)
	if !known {
		return nil, false
	}
	name, named := at.(string)
	if named {
		return s.member(n.Operand, name)
	}
	of, known := s.evaluate(n.Operand)
	elems, _ := of.(array)
	if i, is := at.(float64); is && i >= 0 && i < float64(len(elems)) {
		return elems[int(i)], known
	}
	return nil, known
}

func (s scope) compare(n *actionlint.CompareOpNode) (value any, known bool) {
	left, leftKnown := s.evaluate(n.Left)
	right, rightKnown := s.evaluate(n.Right)
	if !n.Kind.IsEqualityOp() || !leftKnown || !rightKnown {
		return nil, false
	}
	return equal(left, right) == (n.Kind == actionlint.CompareOpNodeKindEq), true
}

// logic is one of the two operands, as on GitHub. The second is not looked at where the first decides.
func (s scope) logic(n *actionlint.LogicalOpNode) (value any, known bool) {
	left, known := s.evaluate(n.Left)
	if !known || truthy(left) == (n.Kind == actionlint.LogicalOpNodeKindOr) {
		return left, known
	}
	return s.evaluate(n.Right)
}

// expression parses what stands between ${{ and }}, and is how long it is with the }}.
func expression(source string) (node actionlint.ExprNode, length int, problem string) {
	lexer := actionlint.NewExprLexer(source)
	node, err := actionlint.NewExprParser().Parse(lexer)
	if err != nil {
		return nil, 0, err.Message
	}
	return node, min(lexer.Offset(), len(source)), ""
}
