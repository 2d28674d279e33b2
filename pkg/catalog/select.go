package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Want is what is looked for. A greatest number of 0 is none.
type Want struct {
	Arch     runner.Arch
	MinVCPU  int
	MaxVCPU  int
	MinGiB   int // of memory
	MaxGiB   int
	Families []Pattern // any of these; none is any
	InOrder  bool      // types of an earlier pattern come first, and only then cheaper ones
	// Within leaves out what costs more than so many times the cheapest that fits; 0 leaves out nothing.
	Within float64
	// Allow says why a type that fits is not to be had; empty if it is. Nil allows all.
	Allow func(Type) (why string)
}

// Rejected is a type that was not selected.
type Rejected struct {
	Type    Type
	Denied  bool // it has all that is wanted, and Allow denied it
	want    *Want
	cheaper string // the type that costs so much less; empty if this one is not too dear
	distant float64
}

// Why is why the type was rejected, as is said after its name: "has 4 vCPUs, not 2".
func (r Rejected) Why() string {
	switch {
	case r.Denied:
		return r.want.Allow(r.Type)
	case r.cheaper != "":
		return fmt.Sprintf("costs more than %g times what %s does", r.want.Within, r.cheaper)
	}
	return r.want.lacks(r.Type)
}

// MaxTypes is how many types a selection has at most: plenty for EC2 to choose from, and few enough
// that a fleet call, which names each of them once in each zone, stays short.
const MaxTypes = 20

// Select is the types that have what is wanted, cheapest first and then by name, at most [MaxTypes]
// of them; none if nothing fits. The others are rejected, the nearest to what is wanted first, of
// those equally near the cheapest: denied ones before all others.
func (c Catalog) Select(want Want) (kept []Type, rejected []Rejected) {
	for _, t := range c.types {
		if distant := want.distance(t); distant > 0 {
			rejected = append(rejected, Rejected{Type: t, want: &want, distant: distant})
		} else if want.Allow != nil && want.Allow(t) != "" {
			rejected = append(rejected, Rejected{Type: t, want: &want, Denied: true})
		} else {
			kept = append(kept, t)
		}
	}
	kept, dear := want.affordable(kept)
	rejected = append(rejected, dear...)
	slices.SortFunc(rejected, func(a, b Rejected) int {
		return cmp.Or(cmp.Compare(a.distant, b.distant), byPrice(a.Type, b.Type))
	})
	if want.InOrder {
		slices.SortStableFunc(kept, func(a, b Type) int { return cmp.Compare(want.place(a), want.place(b)) })
	}
	return kept[:min(len(kept), MaxTypes)], rejected
}

// affordable leaves out of types, which are cheapest first, what costs too many times the first.
func (w *Want) affordable(types []Type) (kept []Type, dear []Rejected) {
	if w.Within == 0 || len(types) == 0 {
		return types, nil
	}
	end := slices.IndexFunc(types, func(t Type) bool { return t.PriceUSDPerHour > w.Within*types[0].PriceUSDPerHour })
	if end < 0 {
		return types, nil
	}
	for _, t := range types[end:] {
		dear = append(dear, Rejected{Type: t, want: w, cheaper: types[0].Name})
	}
	return types[:end], dear
}
