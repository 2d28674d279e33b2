package localcloud

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The kinds of faults, as [Books.Faults] counts them.
const (
	Throttled       = "throttled"           // a call: RequestLimitExceeded, though there are tokens
	Unavailable     = "unavailable"         // a call: 503, and nothing was done
	AnswerLost      = "answer_lost"         // a call: it was done, and the caller does not hear of it
	Partial         = "partial"             // a fleet: fewer instances than there is room for
	Quota           = "quota"               // a fleet: the account may have no more
	NoCapacity      = "no_capacity"         // an offering: there is none
	LaunchFailed    = "launch_failed_after" // an instance: from pending straight to terminated
	NeverBoots      = "never_boots"         // an instance: it runs, and nothing runs on it
	Interrupted     = "interrupted"         // a spot instance: taken back, with notice
	Killed          = "killed"              // an instance: ended with no notice
	TagsLost        = "tags_lost"           // an instance: it has no tag mayfly-launch
	EventLost       = "event_lost"          // EC2's word of an instance
	ReportLost      = "report_lost"         // S3's word of a report, which is there
	EventDuplicated = "event_duplicated"    // told twice
	EventDelayed    = "event_delayed"       // told late, after what happened later
	DescribeLag     = "describe_lag"        // Describe's truth is older than it always is
	S3Unavailable   = "s3_unavailable"      // a request to S3: 503, and nothing was done
)

// FaultKinds lists every kind of fault.
var FaultKinds = []string{
	Throttled, Unavailable, AnswerLost, Partial, Quota, NoCapacity, LaunchFailed, NeverBoots, Interrupted,
	Killed, TagsLost, EventLost, ReportLost, EventDuplicated, EventDelayed, DescribeLag, S3Unavailable,
}

// Faults decides what goes wrong. Each hook is asked where its fault would happen, and a nil one
// never has any. Hooks are called one at a time, in the middle of things: they must not call the
// cloud.
type Faults struct {
	Call       func(Call) Trouble                   // for each EC2 call that was not throttled anyway
	NoCapacity func(runner.Offering) bool           // whether there is none of an offering now
	Fate       func(runner.Instance) Fate           // for each instance that is launched
	Delivery   func(runner.Event) Delivery          // for each event
	Lag        func() time.Duration                 // for each Describe: how much older its truth is
	S3         func(method, key string) (down bool) // for each request to S3
}

// Call is one call to EC2.
type Call struct {
	Operation string                // CreateFleet, …
	Launch    *runner.LaunchRequest // of CreateFleet; not to be changed
	Instances []string              // of DescribeInstances and TerminateInstances; not to be changed
}

// Trouble is what goes wrong with a call: nothing, if it is zero.
type Trouble struct {
	Kind    string // Throttled, Unavailable or AnswerLost; for CreateFleet also Partial or Quota
	Granted int    // with Partial and Quota: so many instances at most. A Quota of none is an error of the whole call
}

func (t Trouble) fewer(than int) bool {
	return (t.Kind == Partial || t.Kind == Quota) && t.Granted < than
}

// Fate is what becomes of an instance: nothing special, if it is zero.
type Fate struct {
	LaunchFails      bool
	NeverBoots       bool
	TagsLost         bool
	InterruptedAfter time.Duration // since it runs; zero is never, as it is for an on-demand instance
	KilledAfter      time.Duration // since it runs; zero is never
}

// Delivery is what becomes of an event: it is told at once, if it is zero.
type Delivery struct {
	Lost       bool
	Duplicated bool          // the copy is what is delayed, if anything is
	Delay      time.Duration // so much later than it would be; others overtake it
}

// fault counts a fault that took effect. The lock is held.
func (c *Cloud) fault(kind string) {
	c.books.Faults[kind]++
	c.log.Info("fault", "kind", kind)
}

func (c *Cloud) trouble(call Call) Trouble {
	if f := c.config.Faults; f != nil && f.Call != nil {
		return f.Call(call)
	}
	return Trouble{}
}

func (c *Cloud) fate(instance runner.Instance) Fate {
	if f := c.config.Faults; f != nil && f.Fate != nil {
		return f.Fate(instance)
	}
	return Fate{}
}

func (c *Cloud) delivery(event runner.Event) Delivery {
	if f := c.config.Faults; f != nil && f.Delivery != nil {
		return f.Delivery(event)
	}
	return Delivery{}
}

// out says whether a fault has taken all of an offering.
func (c *Cloud) out(offering runner.Offering) bool {
	f := c.config.Faults
	if f == nil || f.NoCapacity == nil || !f.NoCapacity(offering) {
		return false
	}
	c.fault(NoCapacity)
	return true
}

// lag is how old Describe's truth is. The lock is held.
func (c *Cloud) lag() time.Duration {
	lag := c.config.Delays.DescribeLag
	if f := c.config.Faults; f != nil && f.Lag != nil {
		if more := f.Lag(); more > 0 {
			c.fault(DescribeLag)
			lag += more
		}
	}
	return lag
}

// s3Down says whether S3 has no answer to a request.
func (c *Cloud) s3Down(method, key string) bool {
	f := c.config.Faults
	if f == nil || f.S3 == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !f.S3(method, key) {
		return false
	}
	c.fault(S3Unavailable)
	return true
}
