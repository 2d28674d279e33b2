package catalog

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

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
