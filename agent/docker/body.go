package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// maxDepth is how deep a body's values may be within each other. Docker's are six deep.
const maxDepth = 32

// object is a JSON object, by its names as Docker's decoder takes them: encoding/json reads a struct's
// fields whatever their case, and of two the last one. Here two are none: no client means well by that.
type object struct {
	values map[string]any // by exact name
}

// readBody reads the object that a call has for its body.
func readBody(c call) (object, error) {
	unreadable := func(what string) error {
		return &RefusedError{"unreadable", what, "send one JSON object of less than 1 MiB as application/json, with its Content-Length"}
	}
	if len(c.body) == 0 {
		return object{}, unreadable("Docker shows no body of this call")
	}
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	decoder.UseNumber()
	value, err := readValue(decoder, maxDepth)
	if err != nil {
		return object{}, unreadable("the body: " + err.Error())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return object{}, unreadable("the body: there is more after it")
	}
	body, is := value.(object)
	if !is {
		return object{}, unreadable("the body is no object")
	}
	return body, nil
}

// readValue reads a value: nil, bool, string, [json.Number], []any or object.
func readValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, errors.New("it is no JSON")
	}
	delimiter, is := token.(json.Delim)
	if !is {
		return token, nil
	}
	if depth == 0 {
		return nil, errors.New("it is too deep")
	}
	if delimiter == '[' {
		list := []any{}
		for decoder.More() {
			value, err := readValue(decoder, depth-1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, closed(decoder)
	}
	read := object{values: map[string]any{}}
	for decoder.More() {
		token, err := decoder.Token()
		name, is := token.(string)
		if err != nil || !is {
			return nil, errors.New("it is no JSON")
		}
		if _, twice := read.values[name]; twice {
			return nil, fmt.Errorf("%.50q is there twice", name)
		}
		if read.values[name], err = readValue(decoder, depth-1); err != nil {
			return nil, err
		}
	}
	return read, closed(decoder)
}

func closed(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return errors.New("it is no JSON")
	}
	return nil
}

// fields are an object's values by their folded names.
func (o object) fields(of string) (map[string]any, error) {
	folded := make(map[string]any, len(o.values))
	for name, value := range o.values {
		key := fold(name)
		if _, twice := folded[key]; twice {
			return nil, &RefusedError{"unreadable", fmt.Sprintf("%s%.50s is there twice, in other letters", of, name), "write it once"}
		}
		folded[key] = value
	}
	return folded, nil
}

// fold makes one name of all that encoding/json takes for the same: "Privileged", "PRIVILEGED", and those
// with a K that is a sign for Kelvin or a long s.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		smallest := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			smallest = min(smallest, next)
		}
		return smallest
	}, name)
}

// asksNothing says whether a value is what a client writes that wants nothing.
func asksNothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		n, err := v.Float64()
		return err == nil && n == 0
	case []any:
		return len(v) == 0
	case object:
		return len(v.values) == 0
	}
	return false
}

// asksNothingWithin is asksNothing for a field that nobody knows: it may be an object whose own fields
// ask for nothing, where those of a known one would be somebody's options.
func asksNothingWithin(value any) bool {
	o, is := value.(object)
	if !is {
		return asksNothing(value)
	}
	for _, inner := range o.values {
		if !asksNothingWithin(inner) {
			return false
		}
	}
	return true
}

// texts are the strings of a list; others in it are an error.
func texts(value any) ([]string, bool) {
	if value == nil {
		return nil, true
	}
	list, is := value.([]any)
	all := make([]string, 0, len(list))
	for _, item := range list {
		text, isText := item.(string)
		is = is && isText
		all = append(all, text)
	}
	return slices.Clip(all), is
}
