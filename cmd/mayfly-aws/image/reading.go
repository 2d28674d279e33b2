package image

import (
	"fmt"
	"io"
	"strings"
)

// reading is what Packer has said so far. Source: developer.hashicorp.com/packer, "Machine-Readable Output".
type reading struct {
	ami    string
	errors []string
}

// unescape is how Packer writes a field that has commas and line ends.
var unescape = strings.NewReplacer("%!(PACKER_COMMA)", ",", `\n`, "\n", `\r`, "\r")

// line reads a line, timestamp,target,type,data…, and is the step that it tells of; most tell of none.
func (r *reading) line(text string, log io.Writer) (step string) {
	fields := strings.Split(text, ",")
	if len(fields) < 4 {
		return ""
	}
	for i := range fields {
		fields[i] = unescape.Replace(fields[i])
	}
	switch kind, data := fields[2], fields[3:]; {
	case kind == "artifact" && len(data) >= 3 && data[1] == "id":
		_, r.ami, _ = strings.Cut(data[2], ":") // region:ami-…
	case kind == "ui" && len(data) >= 2:
		fmt.Fprintln(log, data[1])
		return r.said(data[0], data[1])
	}
	return ""
}

// said is the step that a message to people tells of.
func (r *reading) said(kind, text string) string {
	_, said, ours := strings.Cut(text, ": ")
	switch {
	case kind == "error" && strings.Contains(text, "==> Some builds didn't complete"): // which nobody doubts by then
	case kind == "error":
		r.errors = append(r.errors, strings.TrimSpace(text))
	case kind == "say" && ours && strings.HasPrefix(text, "==> "): // and not what came of all steps
		return strings.TrimSpace(said)
	case kind == "message" && strings.Contains(text, "== "):
		return text[strings.Index(text, "== ")+3:]
	}
	return ""
}

// shown is how many of Packer's errors are: whatever a script writes to its standard error is one, and the last tells why.
const shown = 5

func (r *reading) why() string {
	if len(r.errors) == 0 {
		return ""
	}
	return ":\n" + strings.Join(r.errors[max(0, len(r.errors)-shown):], "\n")
}
