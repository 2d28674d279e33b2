package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// condition is one key of one operator, with the values that it is compared with.
type condition struct {
	operator
	key    string
	values []comparison
}

// parseConditions reads a Condition: operator → key → value or values [grammar].
func parseConditions(value any) ([]condition, error) {
	if value == nil {
		return nil, nil
	}
	byOperator, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("condition: %v: want an object of operators", value)
	}
	var conditions []condition
	for _, name := range slices.Sorted(maps.Keys(byOperator)) {
		how, err := operatorNamed(name)
		if err != nil {
			return nil, fmt.Errorf("condition: %w", err)
		}
		byKey, ok := byOperator[name].(map[string]any)
		if !ok || len(byKey) == 0 {
			return nil, fmt.Errorf("condition: %s: %v: want an object of keys", name, byOperator[name])
		}
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			one, err := parseCondition(how, key, byKey[key])
			if err != nil {
				return nil, fmt.Errorf("condition: %s: %s: %w", name, key, err)
			}
			conditions = append(conditions, one)
		}
	}
	return conditions, nil
}

func parseCondition(how operator, key string, value any) (condition, error) {
	parsed := condition{operator: how, key: key}
	typ, err := typeOf(key)
	switch {
	case err != nil:
		return condition{}, err
	case !typ.takes(how.group):
		return condition{}, fmt.Errorf("the key takes %s operators, not %s", typ.operators, how.group)
	case how.group != ofAbsence && typ.many != (how.set != single):
		return condition{}, errors.New("ForAllValues and ForAnyValue are for keys of many values, and those need one of them")
	}
	texts, err := texts(value)
	if err != nil {
		return condition{}, err
	}
	for _, text := range texts {
		one, err := how.value(text)
		if err != nil {
			return condition{}, fmt.Errorf("%q: %w", text, err)
		}
		parsed.values = append(parsed.values, one)
	}
	return parsed, nil
}

// holds says whether a request meets the condition. A key that is missing meets one with IfExists, one
// that is negated and ForAllValues; it does not meet ForAnyValue, nor anything else [operators], [sets].
func (c condition) holds(context Context) (bool, error) {
	given := context.get(c.key)
	if c.group == ofAbsence {
		return c.matchesOne(context, strconv.FormatBool(len(given) == 0))
	}
	if len(given) == 0 {
		return c.ifExists || c.set == forAll || c.set == single && c.negated, nil
	}
	for _, value := range given {
		matched, err := c.matchesOne(context, value)
		if err != nil {
			return false, fmt.Errorf("%s: %w", c.key, err)
		}
		if met := matched != c.negated; c.set == single || met == (c.set == forAny) {
			return met, nil
		}
	}
	return c.set == forAll, nil
}

// matchesOne compares one value with all of the policy's: one that matches is enough [values].
// A value whose variable the request does not have matches nothing.
func (c condition) matchesOne(context Context, value string) (bool, error) {
	for _, one := range c.values {
		whole, ok := one.pattern.replace(context)
		if !ok {
			continue
		}
		if matched, err := one.match(whole, value); matched || err != nil {
			return matched, err
		}
	}
	return false, nil
}

func (c condition) hasUnknown(context Context) bool {
	return slices.ContainsFunc(c.values, func(one comparison) bool {
		_, ok := one.pattern.replace(context)
		return !ok
	})
}
