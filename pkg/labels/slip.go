package labels

import "slices"

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
		if meant := nearest(name); meant != "" && len(found) < maxSlips {
			found = append(found, Unknown{Key: name, Meant: meant})
		}
	}
	return found
}

// longestSlip is how long a key may be and still look like one of ours, whose longest has 11 letters.
const longestSlip = 16

// nearest is the key that a name looks like; empty if it looks like none. One slip is allowed, and
// two in a longer name. What has two letters looks like too much.
func nearest(name string) string {
	if len(name) < 3 || len(name) > longestSlip || slices.Contains(uniquifiers, name) {
		return ""
	}
	best, meant := 2, ""
	if len(name) >= 6 {
		best = 3
	}
	for i := range keys {
		key := keys[i].Name
		if len(key) < 3 || key == dependabot || len(key)-len(name) >= best || len(name)-len(key) >= best {
			continue // the lengths alone are too different
		}
		if d := distance(name, key); d < best {
			best, meant = d, key
		}
	}
	return meant
}

// distance is how many letters have to be put in, left out, changed or swapped with the next one to
// get from one name to the other. (Optimal string alignment.) Both have at most longestSlip bytes.
func distance(a, b string) int {
	var rows [3][longestSlip + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
