package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

var (
	escape    = regexp.MustCompile(`^%[0-9A-Fa-f]{2}`)
	cutEscape = regexp.MustCompile(`%[0-9A-Fa-f]?\z`)
)

// reading is a text with its URL encoding undone, and where each of its bytes stands in the text.
type reading struct {
	text string
	at   []int
}

func read(text, plus string) reading {
	var r reading
	var b strings.Builder
	add := func(piece string, at int) {
		b.WriteString(piece)
		for range len(piece) {
			r.at = append(r.at, at)
		}
	}
	end := len(text) - len(cutEscape.FindString(text))
	for i := 0; i < end; {
		switch {
		case escape.MatchString(text[i:]):
			decoded, _ := strconv.ParseUint(text[i+1:i+3], 16, 8)
			add(string([]byte{byte(decoded)}), i)
			i += 3
		case text[i] == '+':
			add(plus, i)
			i++
		default:
			add(text[i:i+1], i)
			i++
		}
	}
	r.at, r.text = append(r.at, end), b.String()
	return r
}

func asPath(text string) reading  { return read(text, "+") }
func asQuery(text string) reading { return read(text, " ") }

func plainReading(text string) reading {
	r := reading{text: text}
	for i := range len(text) + 1 {
		r.at = append(r.at, i)
	}
	return r
}

// allForms are what a masker searches for, made the slow way.
func allForms(plain string) []string {
	quoted := strconv.Quote(plain)
	body, _ := json.Marshal(plain)
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(plain)
	all := []string{plain, quoted[1 : len(quoted)-1], string(body[1 : len(body)-1]), b.String()[1 : b.Len()-2]}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		all = append(all, encoding.EncodeToString([]byte(plain)), encoding.WithPadding(base64.NoPadding).EncodeToString([]byte(plain)))
		for before := range 3 {
			// What two different neighbours leave as it is belongs to the secret alone.
			one := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + plain + "\x00\x00\x00"))
			two := encoding.EncodeToString([]byte(strings.Repeat("\xff", before) + plain + "\xff\xff\xff"))
			from := 0
			for i := range (before*8 + 5) / 6 {
				if one[i] != two[i] {
					from = i + 1
				}
			}
			to := from
			for to < len(one) && one[to] == two[to] {
				to++
			}
			all = append(all, one[from:to])
		}
	}
	return all
}

// reference masks a text as a masker has to: from every byte on it is read in every way.
func reference(text string, secrets []string) string {
	const asterisks, longest = "***", 1200 // of a form with each of its bytes escaped
	var forms []string
	heads := map[string]bool{}
	for _, plain := range secrets {
		forms = append(forms, allForms(plain)...)
	}
	for _, form := range forms {
		heads[form[:secret.MinBytes]] = true
	}
	var out strings.Builder
	until := 0
	for i := range len(text) {
		piece := text[i:min(len(text), i+longest)]
		end := 0
		for _, reader := range []func(string) reading{plainReading, asPath, asQuery} {
			begins := reader(piece[:min(len(piece), 3*secret.MinBytes)]).text
			if len(begins) >= secret.MinBytes && !heads[begins[:secret.MinBytes]] {
				continue // for the fuzzer's sake
			}
			r := reader(piece)
			for _, form := range forms {
				if strings.HasPrefix(r.text, form) {
					end = max(end, i+r.at[len(form)])
				}
				if len(r.text) >= secret.MinBytes && len(piece) < longest && strings.HasPrefix(form, r.text) {
					end = max(end, i+r.at[len(r.text)])
				}
			}
		}
		if end > 0 && i >= until {
			out.WriteString(asterisks)
		}
		until = max(until, end)
		if i >= until {
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

// masked says whether there is a secret in a text.
func masked(text string, secrets []string) bool { return reference(text, secrets) != text }
