package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// StockImage is the image that public SSM parameters lead to.
const StockImage = "ami-0c0ffee0c0ffee000"

// accept takes the parameters' values. The problems name those that are not allowed.
func (r *resolver) accept(given map[string]string) (problems []error) {
	written := r.template.Section("Parameters")
	for name := range given {
		if _, is := written[name]; !is {
			problems = append(problems, fmt.Errorf("there is no parameter %s", name))
		}
	}
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
		if err := allowed(parameter, value); err != nil {
			problems = append(problems, fmt.Errorf("%s is %q: %w", name, value, err))
		}
		r.parameters[name] = typed(parameter["Type"].(string), value)
	}
	return problems
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
