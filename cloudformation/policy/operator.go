package policy

import (
	"fmt"
	"strings"
)

// operator is what a condition compares with. Its negation is true when no value matches, and for
// a key that is missing [operators].
type operator struct {
	group    group
	negated  bool
	value    func(text string) (comparison, error)
	ifExists bool
	set      set
}

// set is how many of a key's values must match [sets].
type set string

const (
	single   set = ""
	forAll   set = "ForAllValues"
	forAny   set = "ForAnyValue"
	ifExists     = "IfExists"
)

// comparison is a value of a condition, ready to be compared. It compares by match once variables
// are replaced.
type comparison struct {
	pattern pattern // with variables, of text and ARN operators alone
	match   func(replaced pattern, value string) (bool, error)
}

// operators are those of [operators], but for BinaryEquals.
var operators = map[string]operator{
	"StringEquals":              {group: ofText, value: equalText},
	"StringNotEquals":           {group: ofText, value: equalText, negated: true},
	"StringEqualsIgnoreCase":    {group: ofText, value: foldedText},
	"StringNotEqualsIgnoreCase": {group: ofText, value: foldedText, negated: true},
	"StringLike":                {group: ofText, value: likeText},
	"StringNotLike":             {group: ofText, value: likeText, negated: true},
	"ArnEquals":                 {group: ofARN, value: likeARN},
	"ArnLike":                   {group: ofARN, value: likeARN},
	"ArnNotEquals":              {group: ofARN, value: likeARN, negated: true},
	"ArnNotLike":                {group: ofARN, value: likeARN, negated: true},
	"NumericEquals":             {group: ofNumber, value: ordered(parseNumber, isEqual)},
	"NumericNotEquals":          {group: ofNumber, value: ordered(parseNumber, isEqual), negated: true},
	"NumericLessThan":           {group: ofNumber, value: ordered(parseNumber, isLess)},
	"NumericLessThanEquals":     {group: ofNumber, value: ordered(parseNumber, isAtMost)},
	"NumericGreaterThan":        {group: ofNumber, value: ordered(parseNumber, isMore)},
	"NumericGreaterThanEquals":  {group: ofNumber, value: ordered(parseNumber, isAtLeast)},
	"DateEquals":                {group: ofDate, value: ordered(parseDate, isEqual)},
	"DateNotEquals":             {group: ofDate, value: ordered(parseDate, isEqual), negated: true},
	"DateLessThan":              {group: ofDate, value: ordered(parseDate, isLess)},
	"DateLessThanEquals":        {group: ofDate, value: ordered(parseDate, isAtMost)},
	"DateGreaterThan":           {group: ofDate, value: ordered(parseDate, isMore)},
	"DateGreaterThanEquals":     {group: ofDate, value: ordered(parseDate, isAtLeast)},
	"Bool":                      {group: ofBool, value: ordered(parseBool, isEqual)},
	"IpAddress":                 {group: ofAddress, value: inRange},
	"NotIpAddress":              {group: ofAddress, value: inRange, negated: true},
	"Null":                      {group: ofAbsence, value: ordered(parseBool, isEqual)},
}

// operatorNamed finds an operator with its set operator in front and IfExists behind. Null takes
// neither [operators].
func operatorNamed(name string) (operator, error) {
	base, quantity := name, single
	if before, after, ok := strings.Cut(name, ":"); ok {
		base, quantity = after, set(before)
	}
	base, optional := strings.CutSuffix(base, ifExists)
	found, known := operators[base]
	knownSet := quantity == single || quantity == forAll || quantity == forAny
	if !known || !knownSet || found.group == ofAbsence && base != name {
		return operator{}, fmt.Errorf("%s: no such condition operator", name)
	}
	found.ifExists, found.set = optional, quantity
	return found, nil
}
