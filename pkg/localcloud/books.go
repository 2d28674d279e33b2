package localcloud

import (
	"maps"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Books is what the cloud itself counted, whatever anybody else believes.
type Books struct {
	Launched      int
	Left          int                     // instances that are not terminated
	MaxConcurrent int                     // the most that Left ever was
	States        map[string]int          // instances now, by state
	Offerings     map[runner.Offering]int // launches, by offering
	Calls         map[string]int          // EC2 calls, throttled ones too, by operation
	Throttled     int                     // calls that were refused for lack of tokens
}

func newBooks() Books {
	return Books{Offerings: map[runner.Offering]int{}, Calls: map[string]int{}}
}

// Books is a copy of the books.
func (c *Cloud) Books() Books {
	c.mu.Lock()
	defer c.mu.Unlock()
	books := c.books
	books.Offerings, books.Calls, books.States = maps.Clone(books.Offerings), maps.Clone(books.Calls), map[string]int{}
	for _, i := range c.order {
		books.States[i.state()]++
	}
	return books
}

func (b *Books) launched(offering runner.Offering) {
	b.Launched++
	b.Left++
	b.MaxConcurrent = max(b.MaxConcurrent, b.Left)
	b.Offerings[offering]++
}
