package labels

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
