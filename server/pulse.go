package server

import (
	"context"
	"sync"
)

// pulse is how far the passes of this process have come, for those who wait for them.
//
//	wake ─▶ woken 3          begin ─▶ a pass, up to 3          end ─▶ met 3: nobody waits any more
type pulse struct {
	mu         sync.Mutex
	changed    chan struct{} // closed at the next change
	runs       bool          // somebody makes the passes
	woken, met int           // how often they were woken, and how much of that a pass has met
	unfinished bool          // by the last pass
}

// update changes the pulse, and tells those who wait.
func (p *pulse) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// begin is what the pass that begins now will have met.
func (p *pulse) begin() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.woken
}

// awake says whether anything was unfinished after the last pass.
func (p *pulse) awake() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unfinished
}

// end is the end of a pass that did what it could.
func (p *pulse) end(met int, unfinished bool) {
	p.update(func() { p.met, p.unfinished = met, unfinished })
}

// settled waits until a pass has met all that the passes were woken for, and says whether one has. Where
// nobody makes passes nothing is waited for.
func (p *pulse) settled(ctx context.Context, leaving <-chan struct{}) bool {
	return p.wait(ctx, leaving, func() bool { return !p.runs || p.met >= p.woken })
}

// finished waits until a pass has met all that, and nothing was unfinished after it.
func (p *pulse) finished(ctx context.Context, leaving <-chan struct{}) {
	p.wait(ctx, leaving, func() bool { return !p.runs || p.met >= p.woken && !p.unfinished })
}

// wait waits until something is so, and says whether it is.
func (p *pulse) wait(ctx context.Context, leaving <-chan struct{}, isSo func() bool) bool {
	for {
		p.mu.Lock()
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed, so := p.changed, isSo()
		p.mu.Unlock()
		if so {
			return true
		}
		select {
		case <-changed:
		case <-leaving:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
