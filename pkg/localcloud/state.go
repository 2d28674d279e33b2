package localcloud

import (
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// states in the order of an instance's life. It may skip running, and never goes back.
var states = []string{Pending, Running, ShuttingDown, Terminated}

type change struct {
	state string
	at    time.Time
}

// change moves an instance to a state, unless it is there or further already.
func (c *Cloud) change(i *instance, state string) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.enter(i, state)
}

// end sends an instance on its way out. The lock is held.
func (c *Cloud) end(i *instance) {
	c.enter(i, ShuttingDown)
	i.terminate()
}

// enter is change with the lock held.
func (c *Cloud) enter(i *instance, state string) (entered bool) {
	if len(i.history) > 0 && slices.Index(states, state) <= slices.Index(states, i.state()) {
		return false
	}
	now := time.Now()
	if len(i.history) > 0 {
		c.books.States[i.state()]--
	}
	c.books.States[state]++
	i.history = append(i.history, change{state: state, at: now})
	if state == Terminated {
		c.pools.leave(i.Instance.Offering)
		c.books.Left--
	}
	c.post(i.outbox, runner.Event{
		Source: runner.SourceEC2, At: now,
		Instance: &runner.InstanceEvent{Instance: i.Instance.ID, State: state},
	})
	c.log.Info("instance changed", "instance", i.Instance.ID, "state", state)
	c.note()
	return true
}

// state is where the instance stands. The lock is held.
func (i *instance) state() string { return i.history[len(i.history)-1].state }

// stateAt is where it stood at a moment; empty if it was not there yet. The lock is held.
func (i *instance) stateAt(at time.Time) string {
	state := ""
	for _, change := range i.history {
		if !change.at.After(at) {
			state = change.state
		}
	}
	return state
}

// entered is when an instance came into a state.
func (i *instance) entered(state string) time.Time {
	for _, change := range i.history {
		if change.state == state {
			return change.at
		}
	}
	return time.Time{}
}
