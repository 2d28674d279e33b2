package runner

import "time"

// Earlier is the earlier of two moments, where a zero one is never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
