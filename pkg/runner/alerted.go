package runner

import (
	"maps"
	"time"
)

// Alerted is when which alert was last sent: one item of the record.
type Alerted struct {
	At map[string]time.Time `json:"at"` // by the alert's key
}

// With adds an alert that is sent now, and forgets those sent longer ago than that.
func (a Alerted) With(key string, now time.Time, forget time.Duration) Alerted {
	kept := maps.Clone(a.At)
	maps.DeleteFunc(kept, func(_ string, at time.Time) bool { return !at.After(now.Add(-forget)) })
	if kept == nil {
		kept = map[string]time.Time{}
	}
	kept[key] = now.UTC()
	return Alerted{At: kept}
}

// Key is the alerts' key in the record.
func (Alerted) Key() string { return "alerted" }

// Live is always true: the alerts are read with all that is unfinished.
func (Alerted) Live() bool { return true }
