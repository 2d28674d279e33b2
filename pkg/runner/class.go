package runner

import (
	"slices"
	"strconv"
	"strings"
)

// Class is what GitHub matches jobs and runners by: where a runner is registered, and its labels.
type Class struct {
	Installation int64      `json:"installation"`    // of the GitHub App
	Scope        Repository `json:"scope"`           // where its runners are registered: a repository or an [Organisation]
	Group        string     `json:"group,omitempty"` // name of the runner group, of an organisation; a repository has but one
	Labels       []string   `json:"labels"`          // as [CanonicalLabels] gives them
}

// escape keeps a comma inside a label apart from the one between two labels.
var escape = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// Organisation is an owner as the place where runners are registered, for all of its repositories that
// their runner group takes. Its login means the same in any case of letters.
func Organisation(login string) Repository { return Repository{FullName: strings.ToLower(login)} }

// IsOrganisation says whether it is an [Organisation], and no repository.
func (r Repository) IsOrganisation() bool {
	return r.ID == 0 && r.FullName != "" && !strings.Contains(r.FullName, "/")
}

// Owner is the login of whose repository it is, or of the organisation.
func (r Repository) Owner() string {
	owner, _, _ := strings.Cut(r.FullName, "/")
	return owner
}

// Key names the class, the same for every job whose labels mean the same to GitHub.
func (c Class) Key() string {
	key := strconv.AppendInt(make([]byte, 0, 128), c.Installation, 10)
	key = append(append(key, ':'), strings.ToLower(c.Scope.FullName)...)
	if c.Group != "" {
		key = strconv.AppendQuote(append(key, ':'), c.Group)
	}
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
