package template

import (
	"fmt"
	"strings"
)

// noValue is what AWS::NoValue is: its key or its place in a list is not there.
type noValue struct{}

// value resolves what is written.
func (r *resolver) value(written any) (any, error) {
	switch written := written.(type) {
	case map[string]any:
		if name, argument, is := call(written); is {
			return r.call(name, argument)
		}
		values := map[string]any{}
		for key, item := range written {
			value, err := r.value(item)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if _, none := value.(noValue); !none {
				values[key] = value
			}
		}
		return values, nil
	case []any:
		return r.list(written)
	}
	return written, nil
}

func (r *resolver) list(written []any) ([]any, error) {
	values := []any{}
	for i, item := range written {
		value, err := r.value(item)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i, err)
		}
		if _, none := value.(noValue); !none {
			values = append(values, value)
		}
	}
	return values, nil
}

// call tells a function from a map. A policy's statement has a Condition, too, but that is a map, and has company.
func call(written map[string]any) (name string, argument any, is bool) {
	if len(written) != 1 {
		return "", nil, false
	}
	for name, argument := range written {
		_, text := argument.(string)
		return name, argument, name == "Ref" || name == "Condition" && text || strings.HasPrefix(name, "Fn::")
	}
	panic("a map of one has one")
}

// call calls a function. What !If does not choose is not looked at.
func (r *resolver) call(name string, written any) (any, error) {
	switch name {
	case "Ref":
		return r.ref(written.(string))
	case "Condition":
		return r.condition(written.(string))
	case "Fn::GetAtt":
		pair := written.([]any)
		return r.attribute(pair[0].(string), pair[1].(string))
	case "Fn::If":
		branches := written.([]any)
		chosen, err := r.condition(branches[0].(string))
		if err != nil {
			return nil, err
		}
		if chosen {
			return r.value(branches[1])
		}
		return r.value(branches[2])
	case "Fn::Sub":
		return r.sub(written)
	case "Fn::GetAZs":
		return []any{r.place.Region + "a", r.place.Region + "b", r.place.Region + "c"}, nil
	}
	does, is := functions[name]
	if !is {
		return nil, fmt.Errorf("%s is a function that nobody has taught this package", name)
	}
	argument, err := r.value(written)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	list, is := argument.([]any)
	if !is {
		list = []any{argument}
	}
	if name == "Fn::FindInMap" {
		list = append([]any{r.template.Section("Mappings")}, list...)
	}
	value, err := does(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}
