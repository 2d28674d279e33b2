package admin

import (
	"iter"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Lately is how many of each kind of thing are shown once they have ended. The record has all of them
// for 30 days.
const Lately = 1000

// Things are all of one kind that are known.
type Things[V runner.Item] struct {
	Live  []*V // whose story goes on, in no order
	Ended []*V // at most [Lately], the last one last
}

// all are those whose story goes on, and then those that ended.
func (t Things[V]) all() iter.Seq[*V] {
	return func(yield func(*V) bool) {
		for _, things := range [][]*V{t.Live, t.Ended} {
			for _, thing := range things {
				if !yield(thing) {
					return
				}
			}
		}
	}
}

// shelf keeps things of one kind. They are large, and are never changed: a pointer is as good as a copy.
type shelf[K comparable, V runner.Item] struct {
	live  map[K]*V
	ended map[K]*V
	order []K // of ended, oldest first
}

// begin replaces what is live.
func (s *shelf[K, V]) begin(live map[K]V) {
	s.live = make(map[K]*V, len(live))
	for key, item := range live {
		s.live[key] = &item
	}
}

func (s *shelf[K, V]) put(key K, item V) {
	if s.live == nil {
		s.live = map[K]*V{}
	}
	if s.ended == nil {
		s.ended = map[K]*V{}
	}
	if item.Live() {
		s.live[key] = &item
		if _, back := s.ended[key]; back {
			delete(s.ended, key)
			s.order = slices.DeleteFunc(s.order, func(other K) bool { return other == key })
		}
		return
	}
	delete(s.live, key)
	if _, known := s.ended[key]; !known {
		s.order = append(s.order, key)
	}
	s.ended[key] = &item
	if len(s.order) > Lately {
		delete(s.ended, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
}

func (s *shelf[K, V]) read() Things[V] {
	things := Things[V]{Live: make([]*V, 0, len(s.live)), Ended: make([]*V, 0, len(s.order))}
	for _, item := range s.live {
		things.Live = append(things.Live, item)
	}
	for _, key := range s.order {
		things.Ended = append(things.Ended, s.ended[key])
	}
	return things
}
