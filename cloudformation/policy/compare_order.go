package policy

import (
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"time"
)

func isEqual(order int) bool   { return order == 0 }
func isLess(order int) bool    { return order < 0 }
func isAtMost(order int) bool  { return order <= 0 }
func isMore(order int) bool    { return order > 0 }
func isAtLeast(order int) bool { return order >= 0 }

// ordered makes comparisons of what has an order. These have neither wildcards nor variables [variables].
func ordered(parse func(string) (*big.Rat, error), holds func(order int) bool) func(string) (comparison, error) {
	return func(text string) (comparison, error) {
		limit, err := parse(text)
		return comparison{match: func(_ pattern, value string) (bool, error) {
			given, err := parse(value)
			if err != nil {
				return false, err
			}
			return holds(given.Cmp(limit)), nil
		}}, err
	}
}

var numberForm = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)

func parseNumber(text string) (*big.Rat, error) {
	parsed, ok := new(big.Rat).SetString(text)
	if !ok || !numberForm.MatchString(text) {
		return nil, fmt.Errorf("%q: want a number, such as 2 or 2.0", text)
	}
	return parsed, nil
}

func parseBool(text string) (*big.Rat, error) {
	switch text {
	case "true":
		return big.NewRat(1, 1), nil
	case "false":
		return new(big.Rat), nil
	}
	return nil, fmt.Errorf("%q: want true or false", text)
}

var epochForm = regexp.MustCompile(`^[0-9]{5,30}$`)

// parseDate reads a day, a time, or seconds since 1970 ([operators]: the W3C's formats of ISO 8601, or
// epoch time). A year alone could be either, so it is refused.
func parseDate(text string) (*big.Rat, error) {
	if epochForm.MatchString(text) {
		return parseNumber(text)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if parsed, err := time.Parse(layout, text); err == nil {
			nanoseconds := new(big.Int).Mul(big.NewInt(parsed.Unix()), big.NewInt(int64(time.Second)))
			nanoseconds.Add(nanoseconds, big.NewInt(int64(parsed.Nanosecond())))
			return new(big.Rat).SetFrac(nanoseconds, big.NewInt(int64(time.Second))), nil
		}
	}
	return nil, fmt.Errorf("%q: want a date such as 2026-04-30T00:00:00Z, or seconds since 1970", text)
}

// inRange compares with a CIDR, or with one address ([operators]: an address without a prefix is all of it).
func inRange(text string) (comparison, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		var one netip.Addr
		if one, err = netip.ParseAddr(text); err == nil {
			network = netip.PrefixFrom(one, one.BitLen())
		}
	}
	if err != nil {
		err = fmt.Errorf("%q: want an address or a CIDR such as 203.0.113.0/24", text)
	}
	return comparison{match: func(_ pattern, value string) (bool, error) {
		given, err := netip.ParseAddr(value)
		if err != nil {
			return false, fmt.Errorf("%q: want an address", value)
		}
		return network.Contains(given), nil
	}}, err
}
