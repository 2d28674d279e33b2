package localcloud

import (
	"maps"
	"time"

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
	Faults        map[string]int          // faults that took effect, by kind
}

func newBooks() Books {
	return Books{
		Offerings: map[runner.Offering]int{}, Calls: map[string]int{}, Faults: map[string]int{},
		States: map[string]int{},
	}
}

// Books is a copy of the books.
func (c *Cloud) Books() Books {
	c.mu.Lock()
	defer c.mu.Unlock()
	books := c.books
	books.Offerings, books.Calls, books.Faults = maps.Clone(books.Offerings), maps.Clone(books.Calls), maps.Clone(books.Faults)
	books.States = maps.Clone(books.States)
	maps.DeleteFunc(books.States, func(_ string, count int) bool { return count == 0 })
	return books
}

func (b *Books) launched(offering runner.Offering) {
	b.Launched++
	b.Left++
	b.MaxConcurrent = max(b.MaxConcurrent, b.Left)
	b.Offerings[offering]++
}

// InstanceEntry is one instance's life, by the cloud's own clock. A time is zero until it has come.
type InstanceEntry struct {
	ID           string
	Launch       string // that asked for it, whatever became of its tag
	Offering     runner.Offering
	Image        string
	State        string
	LaunchedAt   time.Time
	RunningAt    time.Time
	AssignedAt   time.Time // when its assignment was first put into S3
	TerminatedAt time.Time
}

// Instances is every instance that there ever was, as launched.
func (c *Cloud) Instances() []InstanceEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries := make([]InstanceEntry, len(c.order))
	for n, i := range c.order {
		entries[n] = InstanceEntry{
			ID: i.Instance.ID, Launch: i.launch, Offering: i.Instance.Offering, Image: i.Image, State: i.state(),
			LaunchedAt: i.LaunchedAt, RunningAt: i.entered(Running), AssignedAt: i.assigned, TerminatedAt: i.entered(Terminated),
		}
	}
	return entries
}
