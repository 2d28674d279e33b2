package catalog

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

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

// place is which of the patterns names the type first; -1 if none does.
func (w *Want) place(t Type) int {
	return slices.IndexFunc(w.Families, func(p Pattern) bool { return p.Match(t.Name) })
}

// How far a type is from what is wanted that is of another architecture, or family: as far as one
// with 8 or with 16 times as many vCPUs. Who names a family means it, and forgets its architecture.
const (
	otherArch   = 3
	otherFamily = 4
)

// distance is how far a type is from what is wanted; 0 if it is that.
func (w *Want) distance(t Type) float64 {
	distant := outside(t.VCPU, w.MinVCPU, w.MaxVCPU) + outside(t.MemoryMiB, w.MinGiB*mibPerGiB, w.MaxGiB*mibPerGiB)
	if !w.ofFamily(t) {
		distant += otherFamily
	}
	if t.Arch != w.Arch {
		distant += otherArch
	}
	return distant
}

func (w *Want) ofFamily(t Type) bool { return len(w.Families) == 0 || w.place(t) >= 0 }

// lacks is what keeps a type from being what is wanted, in words.
func (w *Want) lacks(t Type) string {
	var words []string
	if outside(t.VCPU, w.MinVCPU, w.MaxVCPU) > 0 {
		words = append(words, fmt.Sprintf("has %d vCPUs, not %s", t.VCPU, between(w.MinVCPU, w.MaxVCPU)))
	}
	if outside(t.GiB(), w.MinGiB, w.MaxGiB) > 0 {
		words = append(words, fmt.Sprintf("has %d GiB, not %s", t.GiB(), between(w.MinGiB, w.MaxGiB)))
	}
	if !w.ofFamily(t) {
		words = append(words, "is of another family")
	}
	if t.Arch != w.Arch {
		words = append(words, fmt.Sprintf("is %s, not %s", t.Arch, w.Arch))
	}
	return strings.Join(words, " and ")
}

// outside is how often a number would have to be doubled, or halved, to be in a range.
func outside(n, low, high int) float64 {
	switch {
	case n < low:
		return math.Log2(float64(low) / float64(n))
	case high > 0 && n > high:
		return math.Log2(float64(n) / float64(high))
	}
	return 0
}

func between(low, high int) string {
	switch {
	case high == 0:
		return fmt.Sprintf("%d or more", low)
	case low == high:
		return strconv.Itoa(low)
	case low == 0:
		return fmt.Sprintf("%d or less", high)
	}
	return fmt.Sprintf("%d to %d", low, high)
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
