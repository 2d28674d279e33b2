package server

import (
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/metrics"
)

// passOver tells of the items that only another release understands. A pass goes on without them, and leaves
// them to that.
func (s *Server) passOver(items []runner.Item) {
	var keys []string
	for _, item := range items {
		if unknown, is := item.(runner.Unknown); is {
			keys = append(keys, unknown.Key())
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.Sort(keys)
	s.metrics.Observe(metrics.UnknownItems(len(keys)))
	s.config.Log.Error("the record has items of a kind that this release does not know: they are left alone; run the release that made them",
		"items", len(keys), "first", keys[0])
}
