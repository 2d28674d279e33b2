package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Document is a parsed policy. The zero value has no statement, so it allows nothing.
type Document struct {
	name       string
	statements []statement
}

// statement is one statement of a policy; exactly one of each pair with Not is set.
type statement struct {
	sid        string
	deny       bool
	principals []principal
	actions    matcher
	resources  matcher
	conditions []condition
}

// matcher is a list of patterns; not says that it matches what none of them does ([notaction], [notres]).
type matcher struct {
	patterns []pattern
	not      bool
}

// Identity parses a policy of a role, or a permissions boundary: a document as JSON or YAML decodes it,
// with every function of CloudFormation resolved. The name is for errors and decisions.
func Identity(name string, document map[string]any) (Document, error) {
	return parse(name, document, false)
}

// OfResource parses the policy of a resource, such as a bucket or a queue, likewise.
func OfResource(name string, document map[string]any) (Document, error) {
	return parse(name, document, true)
}

func parse(name string, document map[string]any, ofResource bool) (Document, error) {
	parsed := Document{name: name}
	if err := knownFields(document, "Version", "Id", "Statement"); err != nil {
		return Document{}, fmt.Errorf("policy %s: %w", name, err)
	}
	if version := document["Version"]; version != "2012-10-17" {
		return Document{}, fmt.Errorf("policy %s: Version: %v: want the text \"2012-10-17\": in any other, ${variables} are plain text", name, version)
	}
	list, err := statementsOf(document["Statement"])
	if err != nil {
		return Document{}, fmt.Errorf("policy %s: %w", name, err)
	}
	for i, fields := range list {
		one, err := parseStatement(fields, i, ofResource)
		if err != nil {
			return Document{}, fmt.Errorf("policy %s: statement %s: %w", name, one.sid, err)
		}
		parsed.statements = append(parsed.statements, one)
	}
	return parsed, nil
}

// statementsOf reads one statement or a list of them ([grammar]: brackets around one are optional).
func statementsOf(value any) ([]map[string]any, error) {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	if len(list) == 0 {
		return nil, errors.New("statement: an empty list; write at least one statement")
	}
	statements := make([]map[string]any, len(list))
	for i, one := range list {
		fields, ok := one.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("statement: %v: want an object, or a list of objects", one)
		}
		statements[i] = fields
	}
	return statements, nil
}

// knownFields refuses a field that is not of the grammar: misspelled, it would be a hole.
func knownFields(fields map[string]any, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: no such element; there are %v", name, known)
		}
	}
	return nil
}
