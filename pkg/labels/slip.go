package labels

import (
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/nearest"
)

// uniquifiers are keys that workflows really use to tell jobs apart, and that look like ours.
var uniquifiers = []string{
	"tag", "run-id", "run_id", "run", "run-number", "run_number", "run-attempt", "run_attempt", "attempt", "job", "job-id", "job_id",
	"matrix", "matrix-index", "matrix_index", "index", "shard", "comment", "name", "sha", "ref", "pr", "branch", "workflow", "step",
	"uid", "uuid", "arch", "os", "key",
}

// maxSlips is how many slips of the pen are told.
const maxSlips = 5

// slips are the keys among unknown ones that look like a slip of the pen, in the order of their names.
func slips(unknown []string) []Unknown {
	if len(unknown) == 0 {
		return nil
	}
	unknown = slices.Clone(unknown)
	slices.Sort(unknown)
	var found []Unknown
	for _, name := range slices.Compact(unknown) {
		if key := meant(name); key != "" && len(found) < maxSlips {
			found = append(found, Unknown{Key: name, Meant: key})
		}
	}
	return found
}

// longestSlip is how long a key may be and still look like one of ours, whose longest has 11 letters.
const longestSlip = 16

// mistakable are the keys that somebody may have meant by another one.
var mistakable = func() (names []string) {
	for i := range keys {
		if keys[i].Name != dependabot {
			names = append(names, keys[i].Name)
		}
	}
	return names
}()

// meant is the key that a name looks like; empty if it looks like none.
func meant(name string) string {
	if len(name) > longestSlip || slices.Contains(uniquifiers, name) {
		return ""
	}
	return nearest.Name(name, mistakable)
}
