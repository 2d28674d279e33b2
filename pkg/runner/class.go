package runner

import (
	"slices"
	"strconv"
	"strings"
)

// Class is what GitHub matches jobs and runners by: where a runner is registered, and its labels.
type Class struct {
	Installation int64      `json:"installation"`    // of the GitHub App
	Scope        Repository `json:"scope"`           // where its runners are registered
	Group        int64      `json:"group,omitempty"` // runner group; 0 is the default group
	Labels       []string   `json:"labels"`          // as [CanonicalLabels] gives them
}

// escape keeps a comma inside a label apart from the one between two labels.
var escape = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// Key names the class, the same for every job whose labels mean the same to GitHub.
func (c Class) Key() string {
	key := strconv.AppendInt(make([]byte, 0, 128), c.Installation, 10)
	key = append(append(key, ':'), strings.ToLower(c.Scope.FullName)...)
	key = strconv.AppendInt(append(key, ':'), c.Group, 10)
	between := byte(' ')
	for _, label := range c.Labels {
		key = append(append(key, between), escape.Replace(label)...)
		between = ','
	}
	return string(key)
}

// CanonicalLabels lower-cases, sorts and de-duplicates: GitHub compares labels without case or order.
func CanonicalLabels(labels []string) []string {
	canonical := make([]string, len(labels))
	for i, label := range labels {
		canonical[i] = strings.ToLower(label)
	}
	slices.Sort(canonical)
	return slices.Compact(canonical)
}
