package localcloud

import (
	"context"
	"fmt"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Terminate is EC2's TerminateInstances, with the rights that the server's role has. All ids are
// known and of this stack, or nothing is terminated: InvalidInstanceID.NotFound names the unknown,
// UnauthorizedOperation the first one that is not this stack's. An instance that is ending already is
// no error. Both are [runner.ErrOneRefused]. Errors are smithy.APIErrors, as the SDK's are, but for a lost answer: io.ErrUnexpectedEOF.
func (c *Cloud) Terminate(ctx context.Context, ids []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	trouble, refusal := c.begin(Call{Operation: TerminateInstances, Instances: ids})
	if refusal != "" {
		return refused(refusal)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayEnd(ids); err != nil {
		return err
	}
	for _, id := range ids {
		c.end(c.instances[id])
	}
	if trouble.Kind == AnswerLost {
		c.fault(AnswerLost)
		return errAnswerLost
	}
	return nil
}

func (c *Cloud) mayEnd(ids []string) error {
	if missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return c.instances[id] != nil }); len(missing) > 0 {
		return fmt.Errorf("%w: %w", runner.ErrOneRefused, notFound(missing))
	}
	for _, id := range ids {
		if stack := c.instances[id].tags[runner.TagStack]; stack != c.config.Stack {
			why := fmt.Sprintf("instance %s has the tag %s=%s, only those of %s may be terminated", id, runner.TagStack, stack, c.config.Stack)
			return fmt.Errorf("%w: %w", runner.ErrOneRefused, apiError("UnauthorizedOperation", why))
		}
	}
	return nil
}
