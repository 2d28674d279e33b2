package localcloud

import (
	"context"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// remembered is how long EC2 still describes an instance that is terminated.
// Source: docs.aws.amazon.com, EC2 API Reference, "DescribeInstances": usually less than an hour.
const remembered = time.Hour

// Describe is EC2's DescribeInstances, filtered by the stack's tag and by what the query asks for:
// oldest first, as things were Delays.DescribeLag ago. An instance that is not to be seen yet, or no
// more, is not in the answer, and is no error. Errors are smithy.APIErrors, as the SDK's are, but
// for a lost answer: io.ErrUnexpectedEOF.
func (c *Cloud) Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	trouble, refusal := c.begin(Call{Operation: DescribeInstances, Instances: query.Instances})
	if refusal != "" {
		return nil, refused(refusal)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if trouble.Kind == AnswerLost {
		c.fault(AnswerLost)
		return nil, errAnswerLost
	}
	at := time.Now().Add(-c.lag())
	var found []runner.Seen
	for _, i := range c.asked(query) {
		if seen, ok := i.seenAt(at); ok {
			found = append(found, seen)
		}
	}
	return found, nil
}

// asked is the instances that a query is about, whether they are to be seen or not.
func (c *Cloud) asked(query runner.Query) []*instance {
	candidates := c.order
	if len(query.Instances) > 0 {
		candidates = nil
		for _, id := range query.Instances {
			if i := c.instances[id]; i != nil {
				candidates = append(candidates, i)
			}
		}
		slices.SortFunc(candidates, func(a, b *instance) int { return a.number - b.number })
		candidates = slices.Compact(candidates)
	}
	var asked []*instance
	for _, i := range candidates {
		if i.tags[runner.TagStack] == c.config.Stack && (query.Launch == "" || i.tags[runner.TagLaunch] == query.Launch) {
			asked = append(asked, i)
		}
	}
	return asked
}

// seenAt is how the instance was at a moment, if it was to be seen then.
func (i *instance) seenAt(at time.Time) (runner.Seen, bool) {
	last := i.history[len(i.history)-1]
	gone := last.state == Terminated && at.Sub(last.at) > remembered
	seen := runner.Seen{
		Instance: i.Instance, Launch: i.tags[runner.TagLaunch], State: i.stateAt(at), LaunchedAt: i.LaunchedAt,
	}
	return seen, seen.State != "" && !gone
}
