package demo

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// columns is how wide a line is at most.
const columns = 100

// narrow is how wide it has to be, so that who and what go beside each other.
const narrow = 60

// render is one line: seconds, who, what. What does not fit into the width goes on below.
func render(at time.Duration, who, what string, width int, p paint) string {
	seconds, name := fmt.Sprintf("%5.2f", at.Seconds()), fmt.Sprintf("%-19s", printable(who))
	margin := len(seconds) + utf8.RuneCountInString(name) + 4
	if width < narrow {
		margin, name, what = len(seconds)+2, "", strings.TrimSpace(name)+": "+what
	} else {
		name += "  "
	}
	text := strings.Join(wrap(printable(what), width-margin), "\n"+strings.Repeat(" ", margin))
	return p.faint(seconds) + "  " + name + p.state(text)
}

// wrap breaks a text into lines at spaces; a word that is longer than a line keeps its length.
func wrap(text string, width int) []string {
	var out []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			out = append(out, line)
			line = word
			continue
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(out, line)
}

// paint colours words, or leaves them as they are.
type paint bool

func (p paint) good(text string) string  { return p.with("32", text) }
func (p paint) bad(text string) string   { return p.with("31", text) }
func (p paint) faint(text string) string { return p.with("2", text) }

func (p paint) with(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// result colours a text that says how a job stands, by that.
func (p paint) result(status, text string) string {
	switch status {
	case "success":
		return p.good(text)
	case "waiting", "queued", "running", "skipped", "cancelled":
		return text
	}
	return p.bad(text)
}

// state colours what somebody looks for first: how a job ended, and what went wrong.
func (p paint) state(text string) string {
	switch {
	case text == "completed: success":
		return p.good(text)
	case text == "completed: skipped":
		return text
	case strings.HasPrefix(text, "completed: "), strings.HasPrefix(text, "failed"), strings.HasPrefix(text, "refused"):
		return p.bad(text)
	}
	return text
}
