package runner

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// transitions says which states may follow which. A state that is no key is final.
type transitions[S ~string] map[S][]S

// A TransitionError is a transition that the state machine does not have.
type TransitionError struct {
	Thing    string // "job 7", "runner i-0abc"
	From, To string
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s cannot go from %q to %q", e.Thing, e.From, e.To)
}

func (t transitions[S]) check(thing string, from, to S) error {
	if slices.Contains(t[from], to) {
		return nil
	}
	return &TransitionError{Thing: thing, From: string(from), To: string(to)}
}

// Stamps holds when each state was entered, by this server's clock.
type Stamps[S ~string] map[S]time.Time

// with returns a copy that has one stamp more: a value that was handed out never changes.
func (s Stamps[S]) with(state S, at time.Time) Stamps[S] {
	next := make(Stamps[S], len(s)+1)
	maps.Copy(next, s)
	next[state] = at.UTC()
	return next
}
