package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/metrics"
)

// store tells the audit, makes items durable under the lease, tells the log and the metrics what changed its state, and brings the
// snapshot up to date. One thing may be among the items more than once, in the order of its changes.
// What fits into one commit is stored all or nothing.
func (p *pass) store(ctx context.Context, items ...runner.Item) error {
	if len(items) > 0 {
		p.quiet = false
	}
	items = append(items, p.cancellations(items)...)
	items = append(items, p.usage.Ended(*p.snapshot, items)...)
	p.audit(ctx, items)
	for batch := range slices.Chunk(latest(items), runner.MaxCommit) {
		if err := p.seams.Record.Commit(ctx, p.lease, batch...); err != nil {
			return fmt.Errorf("%w: store: %w", errRecord, err)
		}
	}
	for _, item := range items {
		p.logTransition(item)
		p.metrics.Observe(metrics.Of(*p.snapshot, item)...)
		if told, is := alert.Of(item); is {
			p.alerts = append(p.alerts, told)
		}
		p.snapshot.Put(item)
	}
	p.snapshot.Now = time.Now()
	p.board.Put(p.snapshot.Now, items...)
	return nil
}

// cancellations are the runs that are to be cancelled because of what is stored.
func (p *pass) cancellations(items []runner.Item) []runner.Item {
	intents := map[int64]runner.Cancellation{}
	var added []runner.Item
	for _, item := range items {
		job, is := item.(runner.Job)
		if !is || p.snapshot.Jobs[job.ID].State == job.State {
			continue
		}
		before, known := intents[job.RunID]
		if !known {
			before = p.snapshot.Cancellations[job.RunID]
		}
		if c, to := before.Cancelling(job, p.snapshot.Now); to {
			intents[job.RunID] = c
			added = append(added, c)
		}
	}
	return added
}

// latest is the last of each thing's changes, in the order in which the things first came.
func latest(items []runner.Item) []runner.Item {
	unique := make([]runner.Item, 0, len(items))
	index := make(map[string]int, len(items))
	for _, item := range items {
		if at, known := index[item.Key()]; known {
			unique[at] = item
		} else {
			index[item.Key()] = len(unique)
			unique = append(unique, item)
		}
	}
	return unique
}
