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
	"strings"

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

const mibPerGiB = 1024

// GiB is the type's memory, in whole GiB.
func (t Type) GiB() int { return t.MemoryMiB / mibPerGiB }

// Family is the first part of the type's name: m7a.
func (t Type) Family() string {
	family, _, _ := strings.Cut(t.Name, ".")
	return family
}

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

// Offered is the catalog of a region that has these types, sized as EC2 tells; what the catalog knows no
// price of is left out, because it could not be ranked. Nil is a region that has all.
func (c Catalog) Offered(region []Type) Catalog {
	if region == nil {
		return c
	}
	sizes := make(map[string]Type, len(region))
	for _, t := range region {
		sizes[t.Name] = t
	}
	var offered []Type
	for _, known := range c.types {
		if t, has := sizes[known.Name]; has {
			t.PriceUSDPerHour = known.PriceUSDPerHour
			offered = append(offered, t)
		}
	}
	return Catalog{types: offered}
}

func byPrice(a, b Type) int {
	return cmp.Or(cmp.Compare(a.PriceUSDPerHour, b.PriceUSDPerHour), cmp.Compare(a.Name, b.Name))
}
