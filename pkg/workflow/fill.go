package workflow

import (
	"fmt"
	"strings"

	"github.com/rhysd/actionlint"
)

const opening = "${{"

// filled is a text with its expressions evaluated. Those that are not are empty, and whole is false.
func (f *file) filled(s scope, of *actionlint.String) (filled string, whole bool, err error) {
	if of == nil {
		return "", true, nil
	}
	var out strings.Builder
	whole = true
	for rest := of.Value; ; {
		before, after, found := strings.Cut(rest, opening)
		out.WriteString(before)
		if !found {
			return out.String(), whole, nil
		}
		node, length, problem := expression(after)
		if problem != "" {
			return "", false, errorAt(of.Pos, "the expression %s is none: %s", shortened(opening+after), problem)
		}
		f.warn(s, of, node)
		if value, known := s.evaluate(node); known {
			out.WriteString(text(value))
		} else {
			whole = false
			f.notice(of.Pos, shortened(opening+after[:length])+" is not evaluated here, and is empty")
		}
		rest = after[length:]
	}
}

// warn tells of an env where GitHub has none.
func (f *file) warn(s scope, of *actionlint.String, node actionlint.ExprNode) {
	actionlint.VisitExprNode(node, func(n, _ actionlint.ExprNode, entering bool) {
		if variable, is := n.(*actionlint.VariableNode); is && entering && s.strict && strings.EqualFold(variable.Name, "env") {
			f.notice(of.Pos, shortened(of.Value)+" is evaluated here, and refused by GitHub, where there is no env yet")
		}
	})
}

// told is a text in which nothing must be left out: where something is, the reason says so.
func (f *file) told(s scope, what string, of *actionlint.String) (filled, reason string, err error) {
	filled, whole, err := f.filled(s, of)
	if err == nil && !whole {
		reason = fmt.Sprintf("%s is %s, which is not evaluated here", what, shortened(of.Value))
	}
	return filled, reason, err
}

// variables are an env's own.
func (f *file) variables(s scope, env *actionlint.Env) (map[string]string, error) {
	own := map[string]string{}
	if env == nil {
		return own, nil
	}
	if env.Expression != nil {
		f.notice(env.Expression.Pos, shortened(env.Expression.Value)+" is not evaluated here, and is empty")
		return own, nil
	}
	for _, variable := range inOrder(env.Vars, func(v *actionlint.EnvVar) *actionlint.Pos { return v.Name.Pos }) {
		value, _, err := f.filled(s, variable.Value)
		if err != nil {
			return nil, err
		}
		own[variable.Name.Value] = value
	}
	return own, nil
}

// longestShown is how much of an expression is shown, in bytes.
const longestShown = 80

// shortened is an expression on one line, and not too long.
func shortened(source string) string {
	if end := strings.Index(source, "}}"); end >= 0 {
		source = source[:end+2]
	}
	source = strings.Join(strings.Fields(source), " ")
	if len(source) > longestShown {
		source = strings.ToValidUTF8(source[:longestShown], "") + "…"
	}
	return source
}
