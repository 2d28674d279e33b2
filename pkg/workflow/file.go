package workflow

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rhysd/actionlint"
)

// file is a file that is being read.
type file struct {
	path    string
	run     Run
	tree    *actionlint.Workflow
	types   types
	job     string // the key of the one that is being read
	notices []Notice
}

// name is the workflow's, or else the file's, as on GitHub.
func (f *file) name() string {
	if f.tree.Name == nil || f.tree.Name.Value == "" {
		return f.path
	}
	return f.tree.Name.Value
}

// github is what is known of ${{ github.… }}.
func (f *file) github() object {
	owner, _, _ := strings.Cut(f.run.Repository, "/")
	known := object{
		{"run_id", strconv.FormatInt(f.run.ID, 10)}, {"run_attempt", strconv.Itoa(f.run.Attempt)}, {"run_number", "1"},
		{"repository", f.run.Repository}, {"repository_owner", owner}, {"workflow", f.name()},
	}
	if f.run.Push == "" {
		return known
	}
	return known.with(object{
		{"event_name", "push"}, {"ref", "refs/heads/" + f.run.Push}, {"ref_name", f.run.Push}, {"ref_type", "branch"},
		{"head_ref", ""}, {"base_ref", ""},
	})
}

// runner is what is known of ${{ runner.… }}.
func (f *file) runner() object {
	if f.run.OS == "" {
		return nil
	}
	return object{{"os", f.run.OS}}
}

// notice tells something once: a matrix reads the same text for each of its jobs.
func (f *file) notice(at *actionlint.Pos, what string) {
	notice := Notice{Position: position(at), Job: f.job, Text: what}
	if !slices.Contains(f.notices, notice) {
		f.notices = append(f.notices, notice)
	}
}

// inOrder are the values of a map in the order of their places in the file.
func inOrder[V any](of map[string]V, place func(V) *actionlint.Pos) []V {
	return slices.SortedFunc(maps.Values(of), func(a, b V) int { return before(place(a), place(b)) })
}

// before orders places.
func before(a, b *actionlint.Pos) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}

// list is names for people: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return cmp.Or(strings.Join(names, ""), "none")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
