package server_test

import (
	"context"
	"maps"
	"sync"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/record"
)

// watched is a record that also writes down all that is stored, remembers all that was ever there,
// and looks at the world after every pass: a pass ends by giving back its lease.
type watched struct {
	*record.Memory
	stored buffer
	passed func()

	mu    sync.Mutex
	items map[string]runner.Item
}

func newWatched(passed func()) *watched {
	return &watched{Memory: record.NewMemory(), passed: passed, items: map[string]runner.Item{}}
}

func (r *watched) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	if err := r.Memory.Commit(ctx, lease, items...); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, item := range items {
		body, err := runner.EncodeItem(item)
		if err != nil {
			return err
		}
		_, _ = r.stored.Write(body)
		r.items[item.Key()] = item
	}
	return nil
}

func (r *watched) Release(ctx context.Context, lease runner.Lease) error {
	r.passed()
	return r.Memory.Release(ctx, lease)
}

// ever is all that was ever stored, as it was stored last.
func (r *watched) ever() map[string]runner.Item {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.items)
}

// watchedFleet is a fleet that tells the checker whom the server ends.
type watchedFleet struct {
	server.Fleet
	checker *checker
}

func (f watchedFleet) Terminate(ctx context.Context, instances []string) error {
	f.checker.ending(instances)
	return f.Fleet.Terminate(ctx, instances)
}
