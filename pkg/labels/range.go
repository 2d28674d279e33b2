package labels

import (
	"fmt"
	"strconv"
	"strings"
)

// Range is a least and a greatest number, both included. A greatest number of 0 is none.
type Range struct{ Min, Max int }

func (r Range) String() string {
	switch {
	case r.Max == 0:
		return strconv.Itoa(r.Min) + "+"
	case r.Min == r.Max:
		return strconv.Itoa(r.Min)
	}
	return fmt.Sprintf("%d-%d", r.Min, r.Max)
}

// Value is the range as a label has it: 4, or 2+8. What has no greatest number is its least one.
func (r Range) Value() string {
	if r.Max == 0 || r.Min == r.Max {
		return strconv.Itoa(r.Min)
	}
	return fmt.Sprintf("%d+%d", r.Min, r.Max)
}

// readRange reads one number, or several joined by +, of which the least and the greatest count. Each
// may have one of the units.
func readRange(text string, most int, units ...string) (r Range, ok bool) {
	for i, part := range strings.Split(text, "+") {
		n, unit, ok := quantity(part)
		if !ok || n > most || !isOneOf(unit, units) {
			return Range{}, false
		}
		if i == 0 {
			r = Range{n, n}
		}
		r = Range{min(r.Min, n), max(r.Max, n)}
	}
	return r, true
}

// isOneOf says whether a unit is one of those, or none.
func isOneOf(unit string, units []string) bool {
	for _, known := range units {
		if unit == known {
			return true
		}
	}
	return unit == ""
}

// maxDigits keeps what is read out of the numbers where anything overflows.
const maxDigits = 9

// quantity is a whole number, and the unit that it is followed by.
func quantity(text string) (n int, unit string, ok bool) {
	unit = strings.TrimLeft(text, "0123456789")
	digits := text[:len(text)-len(unit)]
	if digits == "" || len(digits) > maxDigits {
		return 0, "", false
	}
	n, err := strconv.Atoi(digits)
	return n, unit, err == nil
}
