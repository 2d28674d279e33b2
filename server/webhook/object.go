package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// object is some members of a JSON object, as they were written.
type object struct {
	path   string // where it is in the payload
	values map[string]json.RawMessage
}

// has says whether a member is there, and is not null.
func (o object) has(name string) bool {
	value, found := o.values[name]
	return found && string(value) != "null"
}

// readObject reads the wanted members of the one JSON object that raw is. encoding/json takes the
// last of two members of one name, and any case of a name for another: here two names that differ in
// case alone, or not at all, are an error, and so is a wanted name in another case. So nobody who
// reads the same body can read something else in it.
func readObject(raw []byte, wanted ...string) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("is not a JSON object")
	}
	values, seen := map[string]json.RawMessage{}, map[string]bool{}
	for decoder.More() {
		name, value, err := readMember(decoder)
		if err != nil {
			return nil, err
		}
		lower := strings.ToLower(name)
		isWanted := slices.Contains(wanted, lower)
		if seen[lower] || isWanted && name != lower {
			return nil, fmt.Errorf("has the name %q twice or in the wrong case", name)
		}
		seen[lower] = true
		if isWanted {
			values[name] = value
		}
	}
	return values, readEnd(decoder)
}

func readMember(decoder *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := decoder.Token()
	if err != nil {
		return "", nil, fmt.Errorf("is not valid JSON: %w", err)
	}
	if err := decoder.Decode(&value); err != nil {
		return "", nil, fmt.Errorf("is not valid JSON: %w", err)
	}
	return token.(string), value, nil // what precedes a value in an object is its name
}

func readEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("is not valid JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("has more after its end")
	}
	return nil
}
