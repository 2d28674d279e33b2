package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// reader reads the members of objects and keeps the first thing that is wrong. After that what it
// reads means nothing.
type reader struct{ err error }

// require notes a problem unless a condition holds.
func (r *reader) require(holds bool, problem string, args ...any) {
	if !holds && r.err == nil {
		r.err = fmt.Errorf(problem, args...)
	}
}

func (r *reader) object(path string, raw []byte, wanted ...string) object {
	values, err := readObject(raw, wanted...)
	r.require(err == nil, "%s %w", path, err)
	return object{path: path, values: values}
}

// value reads a member into a pointer. A member that is null or not there leaves it as it is.
func (r *reader) value(o object, name string, into any) {
	if !o.has(name) {
		return
	}
	err := json.Unmarshal(o.values[name], into)
	r.require(err == nil, "%s.%s is of the wrong type: %w", o.path, name, err)
}

// id reads an integer above zero, which has to be there.
func (r *reader) id(o object, name string) int64 {
	var id int64
	r.value(o, name, &id)
	r.require(id > 0, "%s.%s is %d, it has to be there and above zero", o.path, name, id)
	return id
}

func (r *reader) text(o object, name string) string {
	var text string
	r.value(o, name, &text)
	return text
}

// time reads a time of RFC 3339, which has to be there.
func (r *reader) time(o object, name string) time.Time {
	var at time.Time
	r.value(o, name, &at)
	r.require(!at.IsZero(), "%s.%s is missing", o.path, name)
	return at
}

// labels reads the job's labels, which have to be there; the list may be empty.
func (r *reader) labels(job object) []string {
	var labels []string
	r.require(job.has("labels"), "workflow_job.labels is missing")
	r.value(job, "labels", &labels)
	r.require(len(labels) <= maxLabels, "workflow_job.labels has %d labels, at most %d are read", len(labels), maxLabels)
	for i, label := range labels {
		fits := label != "" && len(label) <= maxLabelBytes && !strings.ContainsFunc(label, unicode.IsControl)
		r.require(fits, "workflow_job.labels[%d] is %q: a label has 1 to %d bytes and no control characters", i, shortened(label), maxLabelBytes)
	}
	return labels
}
