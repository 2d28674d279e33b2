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
	labels := make([]string, len(c.Labels))
	for i, label := range c.Labels {
		labels[i] = escape.Replace(label)
	}
	scope := []string{strconv.FormatInt(c.Installation, 10), strings.ToLower(c.Scope.FullName), strconv.FormatInt(c.Group, 10)}
	return strings.Join(scope, ":") + " " + strings.Join(labels, ",")
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
