package labels

import (
	"fmt"
	"strconv"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Ask is what a job asks for.
type Ask struct {
	ID       string // the routing value, opaque; may be empty
	CPU      Range  // vCPUs
	Arch     runner.Arch
	Capacity runner.CapacityType
	Strategy string // EC2's allocation strategy: of spot instances if Capacity is that, of on-demand ones otherwise
}

// Range is a least and a greatest number, both included.
type Range struct{ Min, Max int }

func (r Range) String() string {
	if r.Min == r.Max {
		return strconv.Itoa(r.Min)
	}
	return fmt.Sprintf("%d-%d", r.Min, r.Max)
}

// Name is what people are told about the ask: "4cpu-linux-x64 spot".
func (a Ask) Name() string {
	return fmt.Sprintf("%scpu-linux-%s %s", a.CPU, a.Arch, a.Capacity)
}

// The allocation strategies that a label can name, in EC2's words.
// Source: the EC2 API, SpotOptionsRequest and OnDemandOptionsRequest.
const (
	priceCapacityOptimized       = "price-capacity-optimized"
	lowestPrice                  = "lowest-price"
	capacityOptimized            = "capacity-optimized"
	capacityOptimizedPrioritized = "capacity-optimized-prioritized"
)

// market is how an instance is to be bought.
type market struct {
	capacity runner.CapacityType
	strategy string
}

// markets is the values of the spot key.
var markets = map[string]market{
	"true":                       {runner.Spot, priceCapacityOptimized},
	"pco":                        {runner.Spot, priceCapacityOptimized},
	priceCapacityOptimized:       {runner.Spot, priceCapacityOptimized},
	"lp":                         {runner.Spot, lowestPrice},
	lowestPrice:                  {runner.Spot, lowestPrice},
	"co":                         {runner.Spot, capacityOptimized},
	capacityOptimized:            {runner.Spot, capacityOptimized},
	"cop":                        {runner.Spot, capacityOptimizedPrioritized},
	capacityOptimizedPrioritized: {runner.Spot, capacityOptimizedPrioritized},
	"false":                      {runner.OnDemand, lowestPrice},
	"never":                      {runner.OnDemand, lowestPrice},
}
