package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/image"
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
	items = append(items, image.Booted(*p.snapshot, items)...)
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
		p.alerts = append(p.alerts, p.unbootable(item)...)
		p.snapshot.Put(item)
	}
	p.snapshot.Now = wall()
	p.board.Put(p.snapshot.Now, items...)
	return nil
}

// recall reads jobs that have ended, and has the snapshot know them until they are stored: so what they are
// told next is told as a change of what they were.
func (p *pass) recall(ctx context.Context, ids ...int64) ([]runner.Job, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = runner.JobKey(id)
	}
	items, err := p.seams.Record.Get(ctx, keys...)
	if err != nil {
		return nil, fmt.Errorf("read %v: %w", keys, err)
	}
	var jobs []runner.Job
	for _, item := range items {
		if job, is := item.(runner.Job); is {
			p.snapshot.Jobs[job.ID] = job
			jobs = append(jobs, job)
		}
	}
	return jobs, nil
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
