package labels

import (
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

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

func applySpot(ask *Ask, value string) string {
	market, known := markets[value]
	if !known {
		return fmt.Sprintf("spot=%s is not known: use true, false, %s, %s, %s or %s",
			value, priceCapacityOptimized, lowestPrice, capacityOptimized, capacityOptimizedPrioritized)
	}
	ask.Capacity, ask.Strategy = market.capacity, market.strategy
	ask.Retry = market.capacity == runner.Spot
	return ""
}
