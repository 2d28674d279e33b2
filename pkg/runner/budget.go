package runner

import (
	"slices"
	"time"
)

// Bucket is a token bucket as a value: EC2 paces each kind of request by one.
type Bucket struct {
	Capacity float64   `json:"capacity"` // tokens when full
	Refill   float64   `json:"refill"`   // tokens a second
	Spent    float64   `json:"spent"`    // tokens missing at At
	At       time.Time `json:"at"`
}

// Tokens is how many tokens there are.
func (b Bucket) Tokens(now time.Time) float64 {
	return min(b.Capacity, b.Capacity-b.Spent+b.Refill*max(0, now.Sub(b.At).Seconds()))
}

// Take takes n tokens, which may leave the bucket in debt: what was spent was spent.
func (b Bucket) Take(n float64, now time.Time) Bucket {
	b.Spent = b.Capacity - b.Tokens(now) + n
	b.At = now.UTC()
	return b
}

// When is the first moment at which the bucket has n tokens.
func (b Bucket) When(n float64, now time.Time) time.Time {
	missing := n - b.Tokens(now)
	if missing <= 0 {
		return now
	}
	return now.Add(time.Duration(missing / b.Refill * float64(time.Second)))
}

// Window is a limit over any rolling span of time, as a value: GitHub counts points this way.
type Window struct {
	Limit int           `json:"limit"` // points within Span
	Span  time.Duration `json:"span_ns"`
	Spent []Spend       `json:"spent"` // oldest first, nothing older than Span
}

// Spend is points spent at a moment.
type Spend struct {
	Points int       `json:"points"`
	At     time.Time `json:"at"`
}

// Points is how many points may be spent at a moment, if nothing more is spent until then.
func (w Window) Points(at time.Time) int {
	points := w.Limit
	for _, spend := range w.Spent {
		if spend.At.After(at.Add(-w.Span)) {
			points -= spend.Points
		}
	}
	return points
}

// Take spends points now, and forgets what has left the span.
func (w Window) Take(points int, now time.Time) Window {
	kept := slices.DeleteFunc(slices.Clone(w.Spent), func(s Spend) bool { return !s.At.After(now.Add(-w.Span)) })
	if last := len(kept) - 1; last >= 0 && kept[last].At.Equal(now) {
		kept[last].Points += points
	} else {
		kept = append(kept, Spend{Points: points, At: now.UTC()})
	}
	w.Spent = kept
	return w
}

// When is the first moment at which so many points may be spent.
func (w Window) When(points int, now time.Time) time.Time {
	at, has := now, w.Points(now)
	for _, spend := range w.Spent {
		if has >= points {
			break
		}
		if left := spend.At.Add(w.Span); left.After(now) {
			at, has = left, has+spend.Points
		}
	}
	return at
}

// Budgets is what we may still spend, as far as we know: one item of the record.
type Budgets struct {
	Fleet     Bucket                   `json:"fleet"`            // EC2 CreateFleet calls
	Instances Bucket                   `json:"instances"`        // instances that they launch
	Rate      Bucket                   `json:"rate"`             // instances, by our own limit; none if its capacity is 0
	GitHub    map[string]AccountBudget `json:"github"`           // by [Account.Key]
	Groups    map[string]GroupAccess   `json:"groups,omitempty"` // by owner, lower case
}

// The published limits that the budgets start from.
const (
	// EC2's bucket of CreateFleet and other mutating calls: 50 tokens, 5 a second.
	// Source: karpenter-provider-aws, kwok/ec2/ratelimiting.go (AWS's own test double).
	FleetCapacity = 50
	FleetRefill   = 5

	// EC2's bucket of the instances themselves: 1,000 tokens, 2 a second.
	// Source: docs.aws.amazon.com, "Request throttling for the Amazon EC2 API", resource rate limiting.
	InstancesCapacity = 1000
	InstancesRefill   = 2

	// GitHub's secondary limit: 900 points a minute, a GET costs 1 and a write 5.
	// Source: docs.github.com, "Rate limits for the REST API", secondary rate limits.
	GitHubPoints = 900
	// A second more than GitHub counts over: two requests may take unequal time to get there.
	GitHubSpan = time.Minute + time.Second
	JITPoints  = 5
)

// NewBudgets is a full budget, with no limit of our own.
func NewBudgets() Budgets {
	return Budgets{
		Fleet:     Bucket{Capacity: FleetCapacity, Refill: FleetRefill},
		Instances: Bucket{Capacity: InstancesCapacity, Refill: InstancesRefill},
		GitHub:    map[string]AccountBudget{},
	}
}

// Key is the budgets' key in the record.
func (Budgets) Key() string { return "budgets" }

// Live is always true: the budgets are read with all that is unfinished.
func (Budgets) Live() bool { return true }
