// Package admin is what people are told: one read model of all that is known, and a page that shows it.
//
//	pass ──stores──▶ Board ──Read──▶ Known ──View, StoryOf──▶ page, terminal
//
// View and StoryOf are pure, so whoever shows the stack shows the same.
package admin

import (
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Known is what a view is made of. Nobody changes any of it.
type Known struct {
	At         time.Time // as of when
	Jobs       Things[runner.Job]
	Runners    Things[runner.Runner]
	Launches   Things[runner.Launch]
	Again      int // interrupted jobs that are to run again once their run has ended
	Budgets    runner.Budgets
	NoCapacity runner.CapacityMemory
	Notices    []runner.Reason // what the operator has to know, though no job waits for it
}

// Board holds what one process knows, beside its passes: they bring it up to date, and whoever looks
// waits for no pass and is waited for by none, but for the moment of a copy. The zero Board is empty.
// It is safe for concurrent use.
type Board struct {
	mu       sync.Mutex
	known    Known // but for the things
	jobs     shelf[int64, runner.Job]
	runners  shelf[string, runner.Runner]
	launches shelf[string, runner.Launch]
	reruns   map[int64]int // interrupted jobs, by their run
}

// Begin replaces all that is unfinished, after it was read from the record.
func (b *Board) Begin(live runner.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known.At, b.known.Budgets, b.known.NoCapacity = live.Now, live.Buckets, live.NoCapacity
	b.jobs.begin(live.Jobs)
	b.runners.begin(live.Runners)
	b.launches.begin(live.Launches)
	b.reruns = map[int64]int{}
	for _, rerun := range live.Reruns {
		b.reruns[rerun.Run] = len(rerun.Jobs)
	}
}

// Put brings the board up to date, as of now, with items that were stored, the last change last.
func (b *Board) Put(now time.Time, items ...runner.Item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known.At = now
	for _, item := range items {
		switch item := item.(type) {
		case runner.Job:
			b.jobs.put(item.ID, item)
		case runner.Runner:
			b.runners.put(item.Instance, item)
		case runner.Launch:
			b.launches.put(item.ID, item)
		case runner.Rerun:
			b.putRerun(item)
		case runner.Budgets:
			b.known.Budgets = item
		case runner.CapacityMemory:
			b.known.NoCapacity = item
		}
	}
}

// Tell replaces what the operator has to know.
func (b *Board) Tell(notices []runner.Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known.Notices = notices
}

func (b *Board) putRerun(rerun runner.Rerun) {
	if b.reruns == nil {
		b.reruns = map[int64]int{}
	}
	b.reruns[rerun.Run] = len(rerun.Jobs)
	if !rerun.Live() {
		delete(b.reruns, rerun.Run)
	}
}

// Read is what is known now.
func (b *Board) Read() Known {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.known
	known.Jobs, known.Runners, known.Launches = b.jobs.read(), b.runners.read(), b.launches.read()
	for _, jobs := range b.reruns {
		known.Again += jobs
	}
	return known
}
