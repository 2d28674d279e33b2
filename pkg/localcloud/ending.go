package localcloud

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// spotNotice is how long before its end a spot instance is told of it.
// Source: docs.aws.amazon.com, EC2 User Guide, "Spot Instance interruption notices".
const spotNotice = 2 * time.Minute

// Interrupt takes a spot instance back: its metadata and an event tell of it now, and after
// Config.Notice EC2 terminates it. It says whether it did: an instance that is on-demand, ending or
// interrupted already is left alone.
func (c *Cloud) Interrupt(instance string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.interrupt(c.instances[instance])
}

// Kill ends an instance with no notice, as when the machine below it breaks: from now on its
// credentials open nothing, so what still runs on it cannot report. It says whether it did: an
// instance that is ending is left alone.
func (c *Cloud) Kill(instance string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kill(c.instances[instance])
}

// interrupt is Interrupt with the lock held.
func (c *Cloud) interrupt(i *instance) bool {
	if !c.lives(i) || !i.endsAt.IsZero() || i.Instance.Offering.Capacity != runner.Spot {
		return false
	}
	now := time.Now()
	i.endsAt = now.Add(c.config.Notice)
	c.fault(Interrupted)
	c.post(i.outbox, runner.Event{
		Source: runner.SourceEC2, At: now,
		Instance: &runner.InstanceEvent{Instance: i.Instance.ID, Action: "terminate"},
	})
	c.after(i, c.config.Notice, func() { c.end(i) })
	return true
}

// kill is Kill with the lock held.
func (c *Cloud) kill(i *instance) bool {
	if !c.lives(i) {
		return false
	}
	c.fault(Killed)
	delete(c.holders, i.keys.id)
	c.end(i)
	return true
}

// lives says whether an instance is there and not ending. The lock is held.
func (c *Cloud) lives(i *instance) bool {
	return i != nil && !c.closed && (i.state() == Pending || i.state() == Running)
}

// after does something to an instance later, unless its life ends before. The lock is held, now and
// then.
func (c *Cloud) after(i *instance, delay time.Duration, do func()) {
	c.machines.Go(func() {
		c.wait(i.ctx, delay)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.lives(i) {
			do()
		}
	})
}

// meet lets its fate come over an instance that has begun to run.
func (c *Cloud) meet(i *instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.lives(i) {
		return
	}
	if i.fate.NeverBoots {
		c.fault(NeverBoots)
	}
	if i.fate.InterruptedAfter > 0 {
		c.after(i, i.fate.InterruptedAfter, func() { c.interrupt(i) })
	}
	if i.fate.KilledAfter > 0 {
		c.after(i, i.fate.KilledAfter, func() { c.kill(i) })
	}
}
