package workflow

import (
	"math"
	"strconv"
	"strings"
)

// text is a value as it is written into a text. Source: docs.github.com, "Expressions"; a number has 15
// digits at most.
func text(value any) string {
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return strconv.FormatFloat(value, 'G', 15, 64)
	case string:
		return value
	case object:
		return "Object"
	case array:
		return "Array"
	default:
		return ""
	}
}

// truthy is what an `if` makes of a value.
func truthy(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case float64:
		return value != 0 && !math.IsNaN(value)
	case string:
		return value != ""
	default:
		return true
	}
}

// equal is ==, which takes different types for numbers and does not mind the case of letters.
func equal(a, b any) bool {
	if a, isText := a.(string); isText {
		if b, isText := b.(string); isText {
			return strings.EqualFold(a, b)
		}
	}
	return number(a) == number(b)
}

// number is what a value counts as; what is no number equals none.
func number(value any) float64 {
	switch value := value.(type) {
	case nil:
		return 0
	case bool:
		if value {
			return 1
		}
		return 0
	case float64:
		return value
	case string:
		if strings.TrimSpace(value) == "" {
			return 0
		}
		if n, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			return n
		}
	}
	return math.NaN()
}
