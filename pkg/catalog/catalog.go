// Package catalog knows EC2's instance types: it filters them by what a job asks for and ranks
// them by price.
//
// Prices are those of one region on one day (see catalog.csv), good for ranking and for estimates,
// never for a bill.
package catalog

import (
	"cmp"
	_ "embed"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Type is an instance type.
type Type struct {
	Name            string // m7a.large
	Arch            runner.Arch
	VCPU            int
	MemoryMiB       int
	PriceUSDPerHour float64 // on demand, Linux, us-east-1
}

// Want is what is looked for.
type Want struct {
	MinVCPU int
	MaxVCPU int // included
	Arch    runner.Arch
}

// MaxTypes is how many types a selection has at most: plenty for EC2 to choose from, and few enough
// that a fleet call, which names each of them once in each zone, stays short.
const MaxTypes = 20

// Catalog is a set of instance types, cheapest first.
type Catalog struct{ types []Type }

//go:embed catalog.csv
var table []byte

// Load is the catalog that the program was built with.
func Load() Catalog {
	types, err := parse(table)
	if err != nil {
		panic(err) // the table is part of the program, and its tests read it
	}
	slices.SortFunc(types, byPrice)
	return Catalog{types: types}
}

// Select is the types that have what is wanted, cheapest first and then by name, at most
// [MaxTypes] of them; none if nothing fits.
func (c Catalog) Select(want Want) []Type {
	var fitting []Type
	for _, t := range c.types {
		if t.Arch == want.Arch && want.MinVCPU <= t.VCPU && t.VCPU <= want.MaxVCPU {
			fitting = append(fitting, t)
		}
	}
	return fitting[:min(len(fitting), MaxTypes)]
}

func byPrice(a, b Type) int {
	return cmp.Or(cmp.Compare(a.PriceUSDPerHour, b.PriceUSDPerHour), cmp.Compare(a.Name, b.Name))
}
