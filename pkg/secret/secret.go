// Package secret holds secret bytes that never print.
package secret

import (
	"fmt"
	"log/slog"
)

// hidden is what is printed in a secret's place.
const hidden = "***"

// Text is a secret. Whatever prints it, by fmt, encoding/json or log/slog, prints three asterisks;
// only [Text.Reveal] gives it away, so a search for Reveal finds every place that does.
type Text struct{ plain string }

// New makes a secret of a plain text.
func New(plain string) Text { return Text{plain: plain} }

// Reveal is the plain text.
func (t Text) Reveal() string { return t.plain }

// Empty says whether there is no secret at all.
func (t Text) Empty() bool { return t.plain == "" }

// Format prints asterisks for every verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String is asterisks.
func (Text) String() string { return hidden }

// MarshalText is asterisks: a secret that slips into JSON is lost, not told.
func (Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue is asterisks.
func (Text) LogValue() slog.Value { return slog.StringValue(hidden) }
