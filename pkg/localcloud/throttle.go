package localcloud

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The operations, as the books count them.
const (
	CreateFleet        = "CreateFleet"
	DescribeInstances  = "DescribeInstances"
	TerminateInstances = "TerminateInstances"
)

// runInstances is the bucket of instances, not of calls: each instance of a fleet takes a token.
const runInstances = "RunInstances resources"

const (
	throttledCode    = "RequestLimitExceeded"
	throttledMessage = "Request limit exceeded."
)

// publishedBuckets are an account's token buckets in one region, full.
// Sources: karpenter-provider-aws, kwok/ec2/ratelimiting.go (AWS's own test double) for the calls;
// the EC2 API's page on throttling for the instances. That a fleet draws on the latter is not
// documented; it is the careful guess.
func publishedBuckets(now time.Time) map[string]runner.Bucket {
	return map[string]runner.Bucket{
		CreateFleet:        {Capacity: runner.FleetCapacity, Refill: runner.FleetRefill, At: now},
		runInstances:       {Capacity: 1000, Refill: 2, At: now},
		DescribeInstances:  {Capacity: 100, Refill: 20, At: now},
		TerminateInstances: {Capacity: 100, Refill: 5, At: now},
	}
}

// call counts a call and says whether its bucket allows it.
func (c *Cloud) call(operation string) (allowed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.books.Calls[operation]++
	return c.take(operation, 1)
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
