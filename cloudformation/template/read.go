package template

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Template is a template as it is written. Functions are maps of one key, as in JSON: {"Fn::Sub": …}.
type Template struct{ sections map[string]any }

// Read reads a template, in YAML.
func Read(path string) (*Template, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(body)
}

// Parse is [Read] of what is in the file. Keys that are there twice and aliases are errors.
func Parse(body []byte) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if len(document.Content) != 1 {
		return nil, errors.New("template: it is empty")
	}
	value, err := valueOf(document.Content[0])
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	sections, is := value.(map[string]any)
	if !is {
		return nil, errors.New("template: it is no map")
	}
	return &Template{sections: sections}, nil
}

// Section is a section, such as Parameters, by name.
func (t *Template) Section(name string) map[string]any {
	section, _ := t.sections[name].(map[string]any)
	return section
}

func valueOf(node *yaml.Node) (any, error) {
	value, err := plain(node)
	if err != nil || !strings.HasPrefix(node.Tag, "!") || strings.HasPrefix(node.Tag, "!!") {
		return value, err
	}
	switch name := node.Tag[1:]; name {
	case "Ref", "Condition":
		return map[string]any{name: value}, nil
	case "GetAtt":
		if text, is := value.(string); is {
			resource, attribute, _ := strings.Cut(text, ".")
			value = []any{resource, attribute}
		}
		return map[string]any{"Fn::GetAtt": value}, nil
	default:
		return map[string]any{"Fn::" + name: value}, nil
	}
}

// plain is what a node has, whatever its tag.
func plain(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		return scalar(node), nil
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			var err error
			if list[i], err = valueOf(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		return mapping(node)
	default:
		return nil, fmt.Errorf("line %d: CloudFormation takes maps, lists and values alone, no aliases", node.Line)
	}
}

func mapping(node *yaml.Node) (any, error) {
	values := map[string]any{}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i].Value
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", node.Content[i].Line, key)
		}
		value, err := valueOf(node.Content[i+1])
		if err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

func scalar(node *yaml.Node) any {
	switch node.Tag {
	case "!!bool":
		return node.Value == "true"
	case "!!int":
		if n, err := strconv.Atoi(node.Value); err == nil {
			return n
		}
	}
	return node.Value
}
