package runner

import (
	"slices"
	"time"
)

// NoCapacityMemory is how long an offering is left alone after EC2 said that it has none, unless a
// server is told otherwise.
// Source: karpenter-provider-aws, which remembers unavailable offerings for three minutes.
const NoCapacityMemory = 3 * time.Minute

// CapacityMemory is which offerings EC2 lately had none of: one item of the record.
type CapacityMemory struct {
	Out         []OutUntil     `json:"out"`
	Interrupted []Interruption `json:"interrupted,omitempty"` // of the last 15 minutes
}

// Interruption is EC2 taking back a spot instance of an offering.
type Interruption struct {
	Offering Offering  `json:"offering"`
	At       time.Time `json:"at"`
}

// The breaker of an offering: after so many interruptions within a window it is left alone for a while.
// Source: RunsOn's public default, SpotCircuitBreaker 2/15/30.
const (
	breakerCount    = 2
	breakerWindow   = 15 * time.Minute
	breakerRecovery = 30 * time.Minute
)

// OutUntil is an offering that is left alone until a moment.
type OutUntil struct {
	Offering Offering  `json:"offering"`
	Until    time.Time `json:"until"`
	Why      Reason    `json:"why,omitzero"` // where it is not that EC2 has no capacity
}

// Interrupt notes that EC2 took an instance of an offering back, and leaves the offering alone if that
// happens often.
func (m CapacityMemory) Interrupt(offering Offering, now time.Time) CapacityMemory {
	recent := slices.DeleteFunc(slices.Clone(m.Interrupted), func(i Interruption) bool { return !i.At.After(now.Add(-breakerWindow)) })
	m.Interrupted = append(recent, Interruption{Offering: offering, At: now.UTC()})
	count := 0
	for _, i := range m.Interrupted {
		if i.Offering == offering {
			count++
		}
	}
	if count < breakerCount {
		return m
	}
	until := now.Add(breakerRecovery).UTC()
	return m.leaveAlone(OutUntil{Offering: offering, Until: until, Why: OftenInterrupted(offering.Type, until)}, now)
}

// Remember notes that EC2 had none of an offering just now, so that it is left alone for a while, and
// forgets what is over.
func (m CapacityMemory) Remember(offering Offering, now time.Time, during time.Duration) CapacityMemory {
	return m.leaveAlone(OutUntil{Offering: offering, Until: now.Add(during).UTC()}, now)
}

// Park notes that none of these offerings is to be had until a moment, for another reason than that
// EC2 has none.
func (m CapacityMemory) Park(offerings []Offering, why Reason, now, until time.Time) CapacityMemory {
	for _, offering := range offerings {
		m = m.leaveAlone(OutUntil{Offering: offering, Until: until.UTC(), Why: why}, now)
	}
	return m
}

func (m CapacityMemory) leaveAlone(out OutUntil, now time.Time) CapacityMemory {
	kept := slices.DeleteFunc(slices.Clone(m.Out), func(o OutUntil) bool {
		return o.Offering == out.Offering || !o.Until.After(now)
	})
	m.Out = append(kept, out)
	return m
}

// Until is when an offering may be tried again: now or before, if nothing is known against it.
func (m CapacityMemory) Until(offering Offering) time.Time { return m.Known(offering).Until }

// Known is what is known against an offering; zero is nothing.
func (m CapacityMemory) Known(offering Offering) OutUntil {
	for _, out := range m.Out {
		if out.Offering == offering {
			return out
		}
	}
	return OutUntil{}
}

// Key is the capacity memory's key in the record.
func (CapacityMemory) Key() string { return "no-capacity" }

// Live is always true: the memory is read with all that is unfinished.
func (CapacityMemory) Live() bool { return true }
