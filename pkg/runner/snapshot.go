package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Item is one value of the record.
type Item interface {
	Key() string
	Live() bool // whether its story still goes on; only then is it part of a snapshot
}

// Snapshot is all that is unfinished, at one moment: what decisions are made from.
type Snapshot struct {
	Jobs          map[int64]Job
	Runners       map[string]Runner // by instance
	Launches      map[string]Launch
	Cancellations map[int64]Cancellation // by run
	Reruns        map[int64]Rerun        // by run
	Buckets       Budgets
	NoCapacity    CapacityMemory
	Sweeps        Sweeps
	Alerted       Alerted
	Usage         Usage
	Boots         Boots
	Now           time.Time
}

// NewSnapshot is a snapshot of the items.
func NewSnapshot(items ...Item) Snapshot {
	s := Snapshot{
		Jobs:          map[int64]Job{},
		Runners:       map[string]Runner{},
		Launches:      map[string]Launch{},
		Cancellations: map[int64]Cancellation{},
		Reruns:        map[int64]Rerun{},
		Buckets:       NewBudgets(),
	}
	s.Put(items...)
	return s
}

// Put brings the snapshot up to date with items that were stored. What is no longer live leaves it.
func (s *Snapshot) Put(items ...Item) {
	for _, item := range items {
		switch item := item.(type) {
		case Job:
			put(s.Jobs, item.ID, item)
		case Runner:
			put(s.Runners, item.Instance, item)
		case Launch:
			put(s.Launches, item.ID, item)
		case Cancellation:
			put(s.Cancellations, item.Run, item)
		case Rerun:
			put(s.Reruns, item.Run, item)
		case Budgets:
			s.Buckets = item
		case CapacityMemory:
			s.NoCapacity = item
		case Sweeps:
			s.Sweeps = item
		case Alerted:
			s.Alerted = item
		case Usage:
			s.Usage = item
		case Boots:
			s.Boots = item
		}
	}
}

// Get finds a job, a runner, a launch or a rerun by its key in the record.
func (s *Snapshot) Get(key string) (Item, bool) {
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "job":
		number, err := strconv.ParseInt(id, 10, 64)
		job, found := s.Jobs[number]
		return job, found && err == nil
	case "runner":
		instance, found := s.Runners[id]
		return instance, found
	case "launch":
		launch, found := s.Launches[id]
		return launch, found
	case "rerun":
		number, err := strconv.ParseInt(id, 10, 64)
		rerun, found := s.Reruns[number]
		return rerun, found && err == nil
	}
	return nil, false
}

func put[K comparable, V Item](live map[K]V, key K, item V) {
	if item.Live() {
		live[key] = item
	} else {
		delete(live, key)
	}
}

// EncodeItem is an item as the record stores it.
func EncodeItem(item Item) ([]byte, error) {
	if _, is := item.(Unknown); is {
		return nil, errors.New("this release does not know what it is: leave it as it is")
	}
	return json.Marshal(item)
}

// DecodeItem reads a stored item back. Its key says what it is: [Unknown], if that is of no known kind.
func DecodeItem(key string, body []byte) (Item, error) {
	kind, _, _ := strings.Cut(key, "/")
	switch kind {
	case "job":
		return decode[Job](key, body)
	case "runner":
		return decode[Runner](key, body)
	case "launch":
		return decode[Launch](key, body)
	case "cancellation":
		return decode[Cancellation](key, body)
	case "rerun":
		return decode[Rerun](key, body)
	case Budgets{}.Key():
		return decode[Budgets](key, body)
	case CapacityMemory{}.Key():
		return decode[CapacityMemory](key, body)
	case Sweeps{}.Key():
		return decode[Sweeps](key, body)
	case Alerted{}.Key():
		return decode[Alerted](key, body)
	case Usage{}.Key():
		return decode[Usage](key, body)
	case Boots{}.Key():
		return decode[Boots](key, body)
	}
	return Unknown{key}, nil
}

func decode[T Item](key string, body []byte) (Item, error) {
	var item T
	if err := json.Unmarshal(body, &item); err != nil {
		return nil, fmt.Errorf("record item %q: %w", key, err)
	}
	return item, nil
}

// Lease is the right to run a pass.
type Lease struct {
	Holder string
	Fence  int64     // grows by one with every acquisition
	Until  time.Time // when it ends by itself
}
