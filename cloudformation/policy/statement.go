package policy

import (
	"errors"
	"fmt"
	"strconv"
)

// parseStatement reads one statement. What it returns has its name, even beside an error: its Sid,
// or its place, counted from 1.
func parseStatement(fields map[string]any, place int, ofResource bool) (statement, error) {
	parsed := statement{sid: "number " + strconv.Itoa(place+1)}
	if sid, ok := fields["Sid"].(string); ok && sid != "" {
		parsed.sid = sid
	}
	err := knownFields(fields, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
	if err != nil {
		return parsed, err
	}
	switch effect := fields["Effect"]; effect {
	case "Allow", "Deny":
		parsed.deny = effect == "Deny"
	default:
		return parsed, fmt.Errorf("effect: %v: want Allow or Deny", effect)
	}
	if parsed.principals, err = parsePrincipals(fields, parsed.deny, ofResource); err != nil {
		return parsed, err
	}
	if parsed.actions, err = parseMatcher(fields, "Action", actionPattern); err != nil {
		return parsed, err
	}
	if parsed.resources, err = parseMatcher(fields, "Resource", resourcePattern); err != nil {
		return parsed, err
	}
	parsed.conditions, err = parseConditions(fields["Condition"])
	return parsed, err
}

// parseMatcher reads Action or NotAction, Resource or NotResource: a statement has one of the two
// ([action], [resource]).
func parseMatcher(fields map[string]any, name string, compile func(string) (pattern, error)) (matcher, error) {
	value, plain := fields[name]
	negated, not := fields["Not"+name]
	if plain == not {
		return matcher{}, fmt.Errorf("%s, Not%s: want exactly one of the two", name, name)
	}
	if not {
		name, value = "Not"+name, negated
	}
	texts, err := texts(value)
	if err != nil {
		return matcher{}, fmt.Errorf("%s: %w", name, err)
	}
	parsed := matcher{not: not}
	for _, text := range texts {
		one, err := compile(text)
		if err != nil {
			return matcher{}, fmt.Errorf("%s: %q: %w", name, text, err)
		}
		parsed.patterns = append(parsed.patterns, one)
	}
	return parsed, nil
}

// texts reads a value or a list of values. Quotation marks are optional around numbers and
// booleans ([grammar]). A function of CloudFormation that is still there is an error.
func texts(value any) ([]string, error) {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	if len(list) == 0 {
		return nil, errors.New("an empty list; write at least one value")
	}
	found := make([]string, len(list))
	for i, one := range list {
		switch one := one.(type) {
		case string:
			found[i] = one
		case bool:
			found[i] = strconv.FormatBool(one)
		case int:
			found[i] = strconv.Itoa(one)
		case float64:
			found[i] = strconv.FormatFloat(one, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("%v is no text, number or boolean; resolve functions first", one)
		}
	}
	return found, nil
}
