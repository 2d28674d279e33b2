package labels

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// said is what labels say, before anybody asks what it means.
type said struct {
	ours    bool // one of the labels starts with a name of ours
	id      string
	values  [len(keys)]value
	unknown []string // key, where it has a value
	wrong   *Error   // the first thing that could not be read
}

// value is what is said of a key: in lower case, and in which label. A key that is not said has none.
type value struct{ text, label string }

// read never stops at what is wrong: whom a job is for is to be known all the same.
func read(labels []string) *said {
	s := &said{}
	for _, label := range labels {
		if ours(label) {
			s.label(label)
		}
	}
	for _, label := range labels {
		if !ours(label) {
			s.beside(label)
		}
	}
	return s
}

// label reads a label that starts with a name of ours.
func (s *said) label(label string) {
	s.ours = true
	if problem := spelling(label); problem != "" {
		s.fail(label, problem)
		return
	}
	head, rest := label, ""
	if end := strings.IndexAny(label, separators); end >= 0 {
		head, rest = label[:end], label[end+1:]
	}
	if _, id, _ := strings.Cut(head, "="); s.id == "" {
		s.id = id
	}
	s.parts(rest, label)
}

// beside reads a label beside ours: keys without a name before them. GitHub's own labels, such as
// self-hosted, and anybody else's, are no keys.
func (s *said) beside(label string) {
	if label == "" {
		return
	}
	name, _, hasValue := strings.Cut(strings.ToLower(label), "=")
	name = strings.TrimSpace(name)
	at, known := place[name]
	switch {
	case known && (hasValue || keys[at].Name == dependabot):
		if problem := spelling(label); problem != "" {
			s.fail(label, problem)
			return
		}
		s.parts(label, label)
	case hasValue && !known:
		s.unknown = append(s.unknown, name)
	}
}

// separators are what stands between the parts of a label. The comma is RunsOn's older one.
const separators = "/,"

func (s *said) parts(text, label string) {
	for text != "" {
		part, rest := text, ""
		if end := strings.IndexAny(text, separators); end >= 0 {
			part, rest = text[:end], text[end+1:]
		}
		s.part(strings.ToLower(part), label)
		text = rest
	}
}

func (s *said) part(part, label string) {
	name, text, hasValue := strings.Cut(part, "=")
	name, text = strings.TrimSpace(name), strings.TrimSpace(text)
	at, known := place[name]
	if !known {
		if hasValue {
			s.unknown = append(s.unknown, name)
		}
		return
	}
	before, acts := s.values[at], keys[at].apply != nil
	switch {
	case acts && text == "":
		s.fail(label, fmt.Sprintf("key %s has no value: write %s=%s or the like, or remove it", name, name, keys[at].Example))
	case acts && before.label != "" && before.text != text:
		s.fail(label, fmt.Sprintf("key %s is given twice, as %q and as %q: keep one", name, before.text, text))
	default:
		s.values[at] = value{text, label}
	}
}

func (s *said) fail(label, problem string) {
	if s.wrong == nil {
		s.wrong = &Error{Label: shortened(label), Problem: problem}
	}
}

// value is what is said of a key that acts.
func (s *said) value(key string) string { return s.values[place[key]].text }

// maxBytes is how long a label may be: GitHub takes no longer ones for a runner (256 characters).
const maxBytes = 256

// spelling is what is wrong with a label's characters.
func spelling(label string) string {
	length := len(strings.ToLower(label)) // which GitHub takes for the same label
	switch {
	case length > maxBytes:
		return fmt.Sprintf("it is %d bytes long and a label has at most %d: shorten the routing value", length, maxBytes)
	case !utf8.ValidString(label):
		return "it is not valid UTF-8: use plain letters"
	case strings.ContainsFunc(label, unicode.IsControl):
		return "it has a control character, perhaps a line break: keep the label on one line"
	}
	for _, r := range label {
		if !unicode.IsPrint(r) {
			return fmt.Sprintf("it has a character that cannot be seen, %U: remove it", r)
		}
	}
	return ""
}

// shortened is a label short enough to be told.
func shortened(label string) string {
	if len(label) <= maxBytes {
		return label
	}
	end := maxBytes
	for end > maxBytes-utf8.UTFMax && !utf8.RuneStart(label[end]) {
		end--
	}
	return label[:end] + "…"
}
