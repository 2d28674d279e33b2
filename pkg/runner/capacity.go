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
	Code     string    `json:"code,omitempty"` // EC2's own word, where it is not that there is no capacity
}

// Remember notes that EC2 had none of an offering just now, and forgets what is over.
func (m CapacityMemory) Remember(offering Offering, now time.Time) CapacityMemory {
	return m.leaveAlone(OutUntil{Offering: offering, Until: now.Add(NoCapacityMemory)}, now)
}

// Parking is how long EC2 is not asked for what the account may not have: a quota is raised, or others'
// instances end, by the minute at best.
const Parking = time.Minute

// Park notes that the account may have none of these offerings just now, and EC2's own word for that.
func (m CapacityMemory) Park(offerings []Offering, code string, now time.Time) CapacityMemory {
	for _, offering := range offerings {
		m = m.leaveAlone(OutUntil{Offering: offering, Until: now.Add(Parking), Code: code}, now)
	}
	return m
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
	return m.leaveAlone(OutUntil{Offering: offering, Until: now.Add(breakerRecovery)}, now)
}

func (m CapacityMemory) leaveAlone(out OutUntil, now time.Time) CapacityMemory {
	kept := slices.DeleteFunc(slices.Clone(m.Out), func(o OutUntil) bool {
		return o.Offering == out.Offering || !o.Until.After(now)
	})
	out.Until = out.Until.UTC()
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
