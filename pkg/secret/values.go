package secret

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
)

func (m *Masker) attrs(attrs []slog.Attr) []slog.Attr {
	masked := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		masked[i] = slog.Attr{Key: m.MaskString(attr.Key), Value: m.value(attr.Value)}
	}
	return masked
}

// value masks what is logged as a value. What needs no masking stays what it is, if that is a number,
// a time or the like.
func (m *Masker) value(value slog.Value) slog.Value {
	value = value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		return slog.GroupValue(m.attrs(value.Group())...)
	case slog.KindAny:
		return m.any(value)
	default:
		return m.text(value, value.String())
	}
}

// text is a value of which this is the text: as it is, or masked.
func (m *Masker) text(value slog.Value, text string) slog.Value {
	if masked := m.MaskString(text); masked != text {
		return slog.StringValue(masked)
	}
	return value
}

// any masks a value of any type. A type's own method may panic, most often for a nil pointer; that
// ends no process for a log line.
func (m *Masker) any(value slog.Value) (masked slog.Value) {
	defer func() {
		if recover() != nil {
			masked = slog.StringValue(fmt.Sprintf("!PANIC in %T", value.Any()))
		}
	}()
	switch v := value.Any().(type) {
	case error:
		return slog.StringValue(m.MaskString(v.Error()))
	case json.Marshaler:
		return m.json(v)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err != nil {
			return slog.StringValue(m.MaskString("!ERROR: " + err.Error()))
		}
		return slog.StringValue(m.MaskString(string(text)))
	case fmt.Stringer:
		return slog.StringValue(m.MaskString(v.String()))
	case []byte:
		if masked := m.MaskString(string(v)); masked != string(v) {
			return slog.StringValue(masked)
		}
		return m.json(v) // for the bytes' base64 may be a secret
	default:
		return m.plain(value)
	}
}

// plain masks a value that has no way of its own to be printed.
func (m *Masker) plain(value slog.Value) slog.Value {
	switch v := reflect.ValueOf(value.Any()); v.Kind() {
	case reflect.Array, reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice, reflect.Struct:
		return m.json(value.Any())
	case reflect.String:
		return slog.StringValue(m.MaskString(v.String()))
	default:
		return m.text(value, fmt.Sprint(value.Any()))
	}
}

// json is a value's JSON, which stays JSON when masked, unless a secret has some of its punctuation.
func (m *Masker) json(v any) slog.Value {
	body, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue(m.MaskString("!ERROR: " + err.Error()))
	}
	body = m.Mask(body)
	if !json.Valid(body) {
		return slog.StringValue(string(body))
	}
	return slog.AnyValue(json.RawMessage(body))
}
