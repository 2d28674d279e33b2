// Package cost estimates what a stack costs in a month, from AWS's list prices and what is assumed of its use. It is
// for the README of the stack: nothing here asks AWS, and nobody's bill was looked at.
package cost

// A month is 730 hours.
const (
	hours   = 730.0
	minutes = hours * 60
	days    = hours / 24
)

// Line is one thing that is paid for in a month.
type Line struct {
	What     string
	Quantity float64 // in the price's unit
	Price    Price
}

// USD is what it costs.
func (l Line) USD() float64 { return l.Quantity * l.Price.USD }

// Total is what lines cost together, in USD.
func Total(lines []Line) (usd float64) {
	for _, line := range lines {
		usd += line.USD()
	}
	return usd
}
