package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Graph is what each package of the module imports, by folder. The module's own packages are named
// by their folder on either side, all others by their import path.
type Graph map[string][]string

// Check lists what breaks the rules, one sentence each, in order.
func Check(graph Graph, rules []Rule) []string {
	var broken []string
	for _, rule := range rules {
		for _, who := range slices.Sorted(maps.Keys(graph)) {
			if !matchesAny(rule.Who, who) || matchesAny(rule.Except, who) {
				continue
			}
			for _, path := range imports(graph, who, rule.Deep) {
				if rule.forbids(who, path[len(path)-1]) {
					broken = append(broken, fmt.Sprintf("%s: %s; %s", rule.Name, strings.Join(path, " imports "), rule.Why))
				}
			}
		}
	}
	return broken
}

// CheckNames lists the folders that have one of the bad names.
func CheckNames(graph Graph, bad []string) []string {
	var broken []string
	for _, who := range slices.Sorted(maps.Keys(graph)) {
		for part := range strings.SplitSeq(who, "/") {
			if slices.Contains(bad, part) {
				broken = append(broken, fmt.Sprintf("%s: %q says nothing of what is inside; name it after that", who, part))
			}
		}
	}
	return broken
}

// imports are the ways from a package to what it imports: directly, or deep, to each package once.
func imports(graph Graph, from string, deep bool) [][]string {
	var ways [][]string
	seen := map[string]bool{from: true}
	for next := [][]string{{from}}; len(next) > 0; next = next[1:] {
		way := next[0]
		for _, imported := range graph[way[len(way)-1]] {
			if seen[imported] {
				continue
			}
			seen[imported] = true
			longer := append(slices.Clone(way), imported)
			ways = append(ways, longer)
			if deep {
				next = append(next, longer)
			}
		}
	}
	return ways
}

func (r Rule) forbids(who, imported string) bool {
	if r.Beside && !beside(who, imported) {
		return false
	}
	return matchesAny(r.Not, imported)
}

// beside says whether two packages are in different folders of one folder: server/launch and
// server/queue/memory, but neither server and server/queue nor server/queue and server/queue/memory.
func beside(a, b string) bool {
	partsA, partsB := strings.Split(a, "/"), strings.Split(b, "/")
	return len(partsA) > 1 && len(partsB) > 1 && partsA[0] == partsB[0] && partsA[1] != partsB[1]
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}

func matches(pattern, path string) bool {
	switch base, below := strings.CutSuffix(pattern, "/..."); {
	case pattern == "...":
		return true
	case pattern == notStandard:
		return !standard(path)
	case below:
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return path == pattern
}

// standard says whether an import path is of the standard library: no dot in its first part, which
// is what the go command goes by, and no folder of ours.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !slices.Contains([]string{"cmd", "server", "agent", "pkg"}, first)
}
