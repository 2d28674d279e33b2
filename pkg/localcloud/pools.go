package localcloud

import (
	"cmp"
	"math"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// pools is how many instances of each offering there are, and how many there may be.
type pools struct {
	limit func(runner.Offering) int
	live  map[runner.Offering]int
}

func newPools(limit func(runner.Offering) int) pools {
	return pools{limit: limit, live: map[runner.Offering]int{}}
}

// place finds room for so many instances among offerings, in the order of their types and spread
// over the zones. The offerings that were asked and had no room are refused.
func (p pools) place(offerings []runner.Offering, count int) (placed, refused []runner.Offering) {
	types := byType(offerings)
	for len(placed) < count {
		offering, found := p.next(types, &refused)
		if !found {
			break
		}
		p.live[offering]++
		placed = append(placed, offering)
	}
	return placed, refused
}

// byType groups offerings by their type, in the order in which the types first come.
func byType(offerings []runner.Offering) [][]runner.Offering {
	var types [][]runner.Offering
	index := map[string]int{}
	for _, offering := range offerings {
		at, known := index[offering.Type]
		if !known {
			at = len(types)
			index[offering.Type] = at
			types = append(types, nil)
		}
		types[at] = append(types[at], offering)
	}
	return types
}

func (p pools) next(types [][]runner.Offering, refused *[]runner.Offering) (runner.Offering, bool) {
	for _, oneType := range types {
		for _, offering := range p.emptiestFirst(oneType) {
			switch {
			case slices.Contains(*refused, offering):
			case p.room(offering):
				return offering, true
			default:
				*refused = append(*refused, offering)
			}
		}
	}
	return runner.Offering{}, false
}

func (p pools) emptiestFirst(offerings []runner.Offering) []runner.Offering {
	slices.SortStableFunc(offerings, func(a, b runner.Offering) int { return cmp.Compare(p.live[a], p.live[b]) })
	return offerings
}

func (p pools) room(offering runner.Offering) bool {
	return p.live[offering] < p.limit(offering)
}

// capacity is how many instances of an offering there may be now. The lock is held.
func (c *Cloud) capacity(offering runner.Offering) int {
	switch {
	case c.out(offering):
		return 0
	case c.config.Capacity == nil:
		return math.MaxInt
	}
	return c.config.Capacity(offering)
}

// leave gives an instance's room back.
func (p pools) leave(offering runner.Offering) { p.live[offering]-- }
