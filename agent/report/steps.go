// Package report tells the server what happened on the instance.
package report

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Steps are the steps so far. They are safe for concurrent use.
type Steps struct {
	mu   sync.Mutex
	list []runner.Timing
}

// Mark adds a step that happens now, and logs it.
func (s *Steps) Mark(log *slog.Logger, step string) {
	s.MarkAt(step, time.Now())
	log.Info(step)
}

// MarkAt adds a step that happened at that time, in order of time.
func (s *Steps) MarkAt(step string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, runner.Timing{Step: step, At: at.UTC()})
	slices.SortStableFunc(s.list, func(a, b runner.Timing) int { return a.At.Compare(b.At) })
}

// All is a copy of the steps so far, oldest first.
func (s *Steps) All() []runner.Timing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}
