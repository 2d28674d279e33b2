package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/nearest"
)

// StockImage is the image that public SSM parameters lead to.
const StockImage = "ami-0c0ffee0c0ffee000"

// Check says what is wrong with some of the parameters, whatever the others are: names that are not there, and values
// that are not allowed, in the template's own words.
func (t *Template) Check(given map[string]string) error {
	written := t.Section("Parameters")
	problems := t.strangers(given)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if parameter, is := written[name].(map[string]any); is {
			problems = append(problems, refused(name, parameter, given[name]))
		}
	}
	return errors.Join(problems...)
}

// strangers are names that are no parameter's.
func (t *Template) strangers(given map[string]string) (problems []error) {
	written := t.Section("Parameters")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, is := written[name]; is {
			continue
		}
		meant := nearest.Name(name, slices.Sorted(maps.Keys(written)))
		if meant != "" {
			meant = fmt.Sprintf(": did you mean %s?", meant)
		}
		problems = append(problems, fmt.Errorf("there is no parameter %s%s", name, meant))
	}
	return problems
}

// accept takes the parameters' values. The problems name those that are not allowed.
func (r *resolver) accept(given map[string]string) (problems []error) {
	written := r.template.Section("Parameters")
	problems = r.template.strangers(given)
	for _, name := range slices.Sorted(maps.Keys(written)) {
		parameter := written[name].(map[string]any)
		value, is := given[name]
		if !is {
			if parameter["Default"] == nil {
				problems = append(problems, fmt.Errorf("%s has no default: set it", name))
				continue
			}
			value = fmt.Sprint(parameter["Default"])
		}
		problems = append(problems, refused(name, parameter, value))
		r.parameters[name] = typed(parameter["Type"].(string), value)
	}
	return problems
}

// refused says why a parameter may not have a value; nil if it may.
func refused(name string, parameter map[string]any, value string) error {
	if err := allowed(parameter, value); err != nil {
		return fmt.Errorf("%s is %q: %w", name, value, err)
	}
	return nil
}

func allowed(parameter map[string]any, value string) error {
	if some, is := parameter["AllowedValues"].([]any); is && !slices.Contains(some, any(value)) {
		return fmt.Errorf("use one of %v", some)
	}
	if least, is := parameter["MinValue"].(int); is {
		if n, err := strconv.Atoi(value); err != nil || n < least {
			return fmt.Errorf("use a number, %d or more", least)
		}
	}
	if pattern, is := parameter["AllowedPattern"].(string); is && !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(value) {
		return errors.New(fmt.Sprint(parameter["ConstraintDescription"]))
	}
	return nil
}

func typed(kind, value string) any {
	switch {
	case strings.HasPrefix(kind, "AWS::SSM::Parameter::Value"):
		return StockImage
	case kind == "CommaDelimitedList":
		var list []any
		for one := range strings.SplitSeq(value, ",") {
			list = append(list, strings.TrimSpace(one))
		}
		return list
	}
	return value
}

// rules are those that are broken, as they describe themselves.
func (r *resolver) rules() error {
	var problems []error
	written := r.template.Section("Rules")
	for _, name := range slices.Sorted(maps.Keys(written)) {
		rule := written[name].(map[string]any)
		binds, err := r.truth(rule["RuleCondition"])
		problems = append(problems, err)
		if !binds {
			continue
		}
		for _, one := range rule["Assertions"].([]any) {
			assertion := one.(map[string]any)
			holds, err := r.truth(assertion["Assert"])
			if err == nil && !holds {
				err = fmt.Errorf("%s: %s", name, assertion["AssertDescription"])
			}
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// Value is what a parameter is: given, or else its default.
func (t *Template) Value(name string, given map[string]string) string {
	if value, is := given[name]; is {
		return value
	}
	parameter, _ := t.Section("Parameters")[name].(map[string]any)
	if parameter["Default"] == nil {
		return ""
	}
	return fmt.Sprint(parameter["Default"])
}
