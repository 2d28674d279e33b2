package template

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// functions are those whose arguments are resolved first.
var functions = map[string]func(arguments []any) (any, error){
	"Fn::Equals":    func(a []any) (any, error) { return fmt.Sprint(a[0]) == fmt.Sprint(a[1]), nil },
	"Fn::Not":       func(a []any) (any, error) { return a[0] == false, nil },
	"Fn::And":       func(a []any) (any, error) { return !contains(a, false), nil },
	"Fn::Or":        func(a []any) (any, error) { return contains(a, true), nil },
	"Fn::Contains":  func(a []any) (any, error) { return contains(a[0].([]any), a[1]), nil },
	"Fn::Join":      func(a []any) (any, error) { return join(a[0].(string), a[1].([]any)) },
	"Fn::Split":     func(a []any) (any, error) { return split(a[0].(string), a[1].(string)), nil },
	"Fn::Base64":    func(a []any) (any, error) { return base64.StdEncoding.EncodeToString([]byte(a[0].(string))), nil },
	"Fn::Select":    func(a []any) (any, error) { return pick(a[0].(int), a[1].([]any)) },
	"Fn::Cidr":      func(a []any) (any, error) { return cidr(a[0].(string), a[1].(int), a[2].(int)) },
	"Fn::FindInMap": findInMap,
}

func contains(list []any, value any) bool {
	for _, one := range list {
		if one == value {
			return true
		}
	}
	return false
}

func join(between string, list []any) (any, error) {
	texts := make([]string, len(list))
	for i, one := range list {
		text, is := one.(string)
		if !is {
			return nil, fmt.Errorf("%v is no text", one)
		}
		texts[i] = text
	}
	return strings.Join(texts, between), nil
}

func split(at, text string) []any {
	var list []any
	for one := range strings.SplitSeq(text, at) {
		list = append(list, one)
	}
	return list
}

func pick(n int, list []any) (any, error) {
	if n >= len(list) {
		return nil, fmt.Errorf("there is no item %d in %v", n, list)
	}
	return list[n], nil
}

// cidr cuts the first count ranges of 2^bits addresses off a range.
func cidr(whole string, count, bits int) (any, error) {
	prefix, err := netip.ParsePrefix(whole)
	if err != nil {
		return nil, err
	}
	var list []any
	address := prefix.Addr().As4()
	start := uint32(address[0])<<24 | uint32(address[1])<<16 | uint32(address[2])<<8 | uint32(address[3])
	for i := range count {
		n := start + uint32(i)<<bits
		part := netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), 32-bits)
		if !prefix.Contains(part.Addr()) {
			return nil, fmt.Errorf("%s has no %d parts of /%d", whole, count, 32-bits)
		}
		list = append(list, part.String())
	}
	return list, nil
}

func findInMap(a []any) (any, error) {
	value := a[0]
	for _, key := range a[1:] {
		values, _ := value.(map[string]any)
		if value = values[key.(string)]; value == nil {
			return nil, fmt.Errorf("there is no %v", a[1:])
		}
	}
	return value, nil
}

var inSub = regexp.MustCompile(`\$\{[^}]*\}`)

// sub fills names in. ${!name} is ${name}, for IAM to fill in.
func (r *resolver) sub(written any) (any, error) {
	own := map[string]any{}
	if pair, is := written.([]any); is {
		values, err := r.value(pair[1])
		if err != nil {
			return nil, fmt.Errorf("Fn::Sub: %w", err)
		}
		written, own = pair[0], values.(map[string]any)
	}
	var problems []error
	filled := inSub.ReplaceAllStringFunc(written.(string), func(found string) string {
		name := found[2 : len(found)-1]
		if literal, is := strings.CutPrefix(name, "!"); is {
			return "${" + literal + "}"
		}
		value, is := own[name]
		if !is {
			resource, attribute, dotted := strings.Cut(name, ".")
			var err error
			if dotted {
				value, err = r.attribute(resource, attribute)
			} else {
				value, err = r.ref(name)
			}
			problems = append(problems, err)
		}
		return fmt.Sprint(value)
	})
	return filled, errors.Join(problems...)
}
