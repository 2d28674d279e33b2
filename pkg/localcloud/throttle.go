package localcloud

import (
	"maps"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The operations, as the books count them.
const (
	CreateFleet        = "CreateFleet"
	DescribeInstances  = "DescribeInstances"
	TerminateInstances = "TerminateInstances"
)

// RunInstances is the bucket of instances, not of calls: each instance of a fleet takes a token.
const RunInstances = "RunInstances resources"

// limits are an account's token buckets in one region, full: those that are configured, and the
// published ones for the rest.
// Sources: karpenter-provider-aws, kwok/ec2/ratelimiting.go (AWS's own test double) for the calls;
// the EC2 API's page on throttling for the instances. That a fleet draws on the latter is not
// documented; it is the careful guess.
func limits(configured map[string]Limit, now time.Time) map[string]runner.Bucket {
	all := map[string]Limit{
		CreateFleet:        {Capacity: runner.FleetCapacity, Refill: runner.FleetRefill},
		RunInstances:       {Capacity: 1000, Refill: 2},
		DescribeInstances:  {Capacity: 100, Refill: 20},
		TerminateInstances: {Capacity: 100, Refill: 5},
	}
	maps.Copy(all, configured)
	buckets := map[string]runner.Bucket{}
	for name, limit := range all {
		buckets[name] = runner.Bucket{Capacity: limit.Capacity, Refill: limit.Refill, At: now}
	}
	return buckets
}

// begin counts a call and says what goes wrong with it. Where nothing is done for it, that is its
// refusal.
func (c *Cloud) begin(call Call) (trouble Trouble, refusal string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.books.Calls[call.Operation]++
	if !c.take(call.Operation, 1) {
		return Trouble{}, throttledCode
	}
	trouble = c.trouble(call)
	switch trouble.Kind {
	case Throttled:
		refusal = throttledCode
	case Unavailable:
		refusal = unavailableCode
	default:
		return trouble, ""
	}
	c.fault(trouble.Kind)
	return trouble, refusal
}

// take takes n tokens, or none and notes that somebody was throttled. The lock is held.
func (c *Cloud) take(bucket string, n int) (enough bool) {
	now := time.Now()
	if c.buckets[bucket].Tokens(now) < float64(n) {
		c.books.Throttled++
		return false
	}
	c.buckets[bucket] = c.buckets[bucket].Take(float64(n), now)
	return true
}
