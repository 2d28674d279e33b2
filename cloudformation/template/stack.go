package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Stack is what a template makes with one set of parameters.
type Stack struct {
	Resources map[string]Resource
	Outputs   map[string]any
}

// Resource is a resource that the stack has.
type Resource struct {
	Type       string
	Properties map[string]any
	Keeps      bool // the resource stays when the stack goes
}

// Of are the names of the resources of a type, sorted.
func (s Stack) Of(kind string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Resources)) {
		if s.Resources[name].Type == kind {
			names = append(names, name)
		}
	}
	return names
}

// Resolve makes a stack of stand-ins: [Template.ResolveAt] with [StandIn].
func (t *Template) Resolve(parameters map[string]string) (Stack, error) {
	return t.ResolveAt(StandIn, parameters)
}

// ResolveAt makes a stack. Parameters that are left out have their defaults. The error names each parameter that is
// wrong and each rule that is broken, in the template's own words.
func (t *Template) ResolveAt(place Place, parameters map[string]string) (Stack, error) {
	r := &resolver{template: t, place: place, parameters: map[string]any{}}
	if err := errors.Join(r.accept(parameters)...); err != nil {
		return Stack{}, err
	}
	if err := r.rules(); err != nil {
		return Stack{}, err
	}
	stack := Stack{Resources: map[string]Resource{}, Outputs: map[string]any{}}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(t.Section("Resources"))) {
		resource, has, err := r.resource(name)
		problems = append(problems, err)
		if has {
			stack.Resources[name] = resource
		}
	}
	for name, output := range t.Section("Outputs") {
		value, err := r.value(output.(map[string]any)["Value"])
		if err != nil {
			err = fmt.Errorf("output %s: %w", name, err)
		}
		stack.Outputs[name] = value
		problems = append(problems, err)
	}
	return stack, errors.Join(problems...)
}

type resolver struct {
	template   *Template
	place      Place
	parameters map[string]any
}

func (r *resolver) resource(name string) (resource Resource, has bool, err error) {
	written := r.template.Section("Resources")[name].(map[string]any)
	if has, err = r.has(name); !has || err != nil {
		return Resource{}, false, err
	}
	properties, err := r.value(written["Properties"])
	if err != nil {
		return Resource{}, false, fmt.Errorf("resource %s: %w", name, err)
	}
	resource = Resource{Type: written["Type"].(string), Keeps: written["DeletionPolicy"] == "Retain"}
	resource.Properties, _ = properties.(map[string]any)
	return resource, true, nil
}

// has says whether the stack has a resource.
func (r *resolver) has(name string) (bool, error) {
	written, is := r.template.Section("Resources")[name].(map[string]any)
	if !is {
		return false, fmt.Errorf("there is neither a parameter nor a resource %s", name)
	}
	condition, is := written["Condition"].(string)
	if !is {
		return true, nil
	}
	return r.condition(condition)
}

func (r *resolver) condition(name string) (bool, error) {
	written, is := r.template.Section("Conditions")[name]
	if !is {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	return r.truth(written)
}

func (r *resolver) truth(written any) (bool, error) {
	value, err := r.value(written)
	if err != nil {
		return false, err
	}
	truth, is := value.(bool)
	if !is {
		return false, fmt.Errorf("%v is neither true nor false", value)
	}
	return truth, nil
}
