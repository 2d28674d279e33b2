// Package nearest finds the name that a slip of the pen was meant to be.
package nearest

// Longest is how many bytes a name may have and still be compared with others.
const Longest = 32

// Name is the one among names that a wrong name looks like; empty if it looks like none. One slip is
// allowed, and two in a name of six letters and more. What has two letters looks like too much.
func Name(wrong string, names []string) string {
	if len(wrong) < 3 || len(wrong) > Longest {
		return ""
	}
	best, meant := 2, ""
	if len(wrong) >= 6 {
		best = 3
	}
	for _, name := range names {
		if len(name) < 3 || len(name) > Longest || len(name)-len(wrong) >= best || len(wrong)-len(name) >= best {
			continue // the lengths alone are too different
		}
		if d := distance(wrong, name); d < best {
			best, meant = d, name
		}
	}
	return meant
}

// distance is how many letters have to be put in, left out, changed or swapped with the next one to
// get from one name to the other. (Optimal string alignment.) Both have at most Longest bytes.
func distance(a, b string) int {
	var rows [3][Longest + 1]int
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
