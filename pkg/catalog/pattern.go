package catalog

import (
	"path"
	"strings"
)

// Pattern names instance types: one by its full name (c7a.large), those of a family by how it begins
// (c7 is c7a, c7g, c7i …), or any by wildcards (c7a.*, *.large). In lower case.
type Pattern string

// longestPattern is more than the name of any instance type has, in bytes.
const longestPattern = 64

// Valid says whether the pattern could name anything: it has letters, digits, dashes, wildcards and
// at most one dot with something on either side.
func (p Pattern) Valid() bool {
	family, size, dotted := strings.Cut(string(p), ".")
	strange := strings.ContainsFunc(string(p), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '*' && r != '.'
	})
	return !strange && family != "" && (size != "") == dotted && !strings.Contains(size, ".") && len(p) <= longestPattern
}

// Exact says whether the pattern is one type's full name.
func (p Pattern) Exact() bool {
	return strings.Contains(string(p), ".") && !strings.Contains(string(p), "*")
}

// Match says whether the pattern names the type.
func (p Pattern) Match(name string) bool {
	glob := string(p)
	if !strings.ContainsAny(glob, "*.") {
		return strings.HasPrefix(name, glob)
	}
	matches, err := path.Match(glob, name)
	return matches && err == nil
}
