package localcloud

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// remembered is how long EC2 still describes an instance that is terminated.
// Source: docs.aws.amazon.com, EC2 API Reference, "DescribeInstances": usually less than an hour.
const remembered = time.Hour

// Query is what to describe: the instances with all these ids and all these tags. An empty part
// asks for nothing, so the zero Query is every instance.
type Query struct {
	IDs  []string
	Tags map[string]string
}

// Description is what EC2 tells of an instance.
type Description struct {
	Instance   runner.Instance
	State      string // pending, running, shutting-down, terminated
	LaunchedAt time.Time
	Tags       map[string]string
}

// Describe is EC2's DescribeInstances, oldest first, as things were Delays.DescribeLag ago. Errors
// are smithy.APIErrors, as the SDK's are: RequestLimitExceeded, and InvalidInstanceID.NotFound for an
// id that is not to be seen yet, or no more.
func (c *Cloud) Describe(ctx context.Context, query Query) ([]Description, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !c.call(DescribeInstances) {
		return nil, apiError(throttledCode, throttledMessage)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []Description
	missing := slices.Clone(query.IDs)
	for _, i := range c.order {
		description, seen := i.describe(time.Now().Add(-c.config.Delays.DescribeLag))
		if !seen || len(query.IDs) > 0 && !slices.Contains(query.IDs, i.Instance.ID) {
			continue
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == i.Instance.ID })
		if i.tagged(query.Tags) {
			found = append(found, description)
		}
	}
	if len(missing) > 0 {
		return nil, notFound(missing)
	}
	return found, nil
}

// describe is how the instance was at a moment, if it was to be seen then.
func (i *instance) describe(at time.Time) (Description, bool) {
	last := i.history[len(i.history)-1]
	gone := last.state == Terminated && at.Sub(last.at) > remembered
	state := i.stateAt(at)
	return Description{
		Instance: i.Instance, State: state, LaunchedAt: i.LaunchedAt, Tags: maps.Clone(i.tags),
	}, state != "" && !gone
}

func (i *instance) tagged(tags map[string]string) bool {
	for key, value := range tags {
		if i.tags[key] != value {
			return false
		}
	}
	return true
}
