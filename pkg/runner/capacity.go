package runner

import (
	"slices"
	"time"
)

// NoCapacityMemory is how long an offering is left alone after EC2 said that it has none.
// Source: karpenter-provider-aws, which remembers unavailable offerings for three minutes.
const NoCapacityMemory = 3 * time.Minute

// CapacityMemory is which offerings EC2 lately had none of: one item of the record.
type CapacityMemory struct {
	Out []OutUntil `json:"out"`
}

// OutUntil is an offering that is left alone until a moment.
type OutUntil struct {
	Offering Offering  `json:"offering"`
	Until    time.Time `json:"until"`
}

// Remember notes that EC2 had none of an offering just now, and forgets what is over.
func (m CapacityMemory) Remember(offering Offering, now time.Time) CapacityMemory {
	kept := slices.DeleteFunc(slices.Clone(m.Out), func(o OutUntil) bool {
		return o.Offering == offering || !o.Until.After(now)
	})
	return CapacityMemory{Out: append(kept, OutUntil{Offering: offering, Until: now.Add(NoCapacityMemory).UTC()})}
}

// Until is when an offering may be tried again: now or before, if nothing is known against it.
func (m CapacityMemory) Until(offering Offering) time.Time {
	for _, out := range m.Out {
		if out.Offering == offering {
			return out.Until
		}
	}
	return time.Time{}
}

// Key is the capacity memory's key in the record.
func (CapacityMemory) Key() string { return "no-capacity" }

// Live is always true: the memory is read with all that is unfinished.
func (CapacityMemory) Live() bool { return true }
