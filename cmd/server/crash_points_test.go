//go:build crash

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// point is where the server is killed: before or after the nth call of a kind in the burst, or after the
// next one if the nth comes while it is dead.
type point struct {
	kind  string
	nth   int
	after bool
}

func (p point) String() string {
	if p.after {
		return "after " + p.kind
	}
	return "before " + p.kind
}

// plan is how many points there are of a kind, and among how many calls of a burst of 200 they are. There are
// more calls than that, so that each point comes.
//
// Whoever dies within a pass leaves its lease, and the next waits for that for up to 35 s. So half of the points
// are where most often there is no pass of this process: at webhooks, and while it asks for the lease.
var plan = []struct {
	kind         string
	points, most int
}{
	{sends, 7, 240},
	{leases, 3, 240},
	{acks, 1, 20},
	{commits, 1, 120},
	{launches, 3, 18},
	{jitConfigs, 2, 180},
	{puts, 1, 180},
	{ends, 2, 3},
}

// pointsOf are a seed's points: those of a kind are spread over all of its calls.
func pointsOf(random *rand.Rand) (points []point) {
	for _, of := range plan {
		for n := range of.points {
			first, last := of.most*n/of.points, of.most*(n+1)/of.points
			points = append(points, point{of.kind, first + 1 + random.IntN(last-first), random.IntN(2) == 1})
		}
	}
	return points
}

func describe(points []point) string {
	told := make([]string, len(points))
	for i, p := range points {
		told[i] = fmt.Sprintf("%s %d", p, p.nth)
	}
	return strings.Join(told, ", ")
}
