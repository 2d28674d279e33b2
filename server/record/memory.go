// Package record keeps what is known of every job, runner and launch, and who may change it.
package record

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Memory is a record in memory. It stores items as DynamoDB's would be, encoded, so that nothing in
// it is shared with whoever wrote or reads it.
type Memory struct {
	mu    sync.Mutex
	items map[string]Stored
	lease runner.Lease
}

// NewMemory makes an empty record.
func NewMemory() *Memory { return &Memory{items: map[string]Stored{}} }

// Acquire takes the lease for a while, and gives it the next fencing number. While somebody holds
// it the error is [runner.ErrLeaseTaken], and the lease is theirs.
func (m *Memory) Acquire(_ context.Context, holder string, during time.Duration) (runner.Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.lease.Until.After(now) {
		return m.lease, runner.ErrLeaseTaken
	}
	m.lease = runner.Lease{Holder: holder, Fence: m.lease.Fence + 1, Until: now.Add(during)}
	return m.lease, nil
}

// Release ends the lease before its time. One that has passed on is left alone.
func (m *Memory) Release(_ context.Context, lease runner.Lease) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lease.Fence == lease.Fence {
		m.lease.Until = time.Time{}
	}
	return nil
}

// Unfinished reads every live item.
func (m *Memory) Unfinished(context.Context) ([]runner.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var items []runner.Item
	for key, stored := range m.items {
		if !stored.Live {
			continue
		}
		item, err := runner.DecodeItem(key, stored.Body)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// Get reads items by key, live or not, each once. A key that is not there is left out.
func (m *Memory) Get(_ context.Context, keys ...string) ([]runner.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var items []runner.Item
	for _, key := range Unique(keys) {
		stored, found := m.items[key]
		if !found {
			continue
		}
		item, err := runner.DecodeItem(key, stored.Body)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// Commit writes all of the items or none, at most [runner.MaxCommit] of them, and only under the
// latest lease: else the error is [runner.ErrFenced]. A lease that is over, but that nobody has
// taken since, is still the latest.
func (m *Memory) Commit(_ context.Context, lease runner.Lease, items ...runner.Item) error {
	encoded, err := Encode(items...)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lease.Fence != lease.Fence {
		return fmt.Errorf("record: %w (fence %d, now %d)", runner.ErrFenced, lease.Fence, m.lease.Fence)
	}
	for _, item := range encoded {
		m.items[item.Key] = item
	}
	return nil
}
