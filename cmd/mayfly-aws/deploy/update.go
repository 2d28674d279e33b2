package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
)

// deployStack has CloudFormation say what it would change, shows it, and lets it.
func (c *carrier) deployStack(ctx context.Context) error {
	stacks := stack.New(c.in)
	proposal := c.plan.Proposal
	proposal.Template = c.url()
	changes, err := stacks.Propose(ctx, proposal)
	if err != nil {
		return err
	}
	if changes.ID == "" {
		c.Console.Say("  no changes")
		return nil
	}
	if risky := c.showChanges(changes.List); len(risky) > 0 {
		question := fmt.Sprintf("This removes or replaces %s, and with it what is in it, or the webhook's URL.", strings.Join(risky, ", "))
		if err := c.Console.Confirm(question, proposal.Stack); err != nil {
			return errors.Join(err, stacks.Withdraw(ctx, changes))
		}
	}
	return c.execute(ctx, stacks, changes)
}

func (c *carrier) execute(ctx context.Context, stacks *stack.Stacks, changes stack.Changes) error {
	last, err := stacks.Latest(ctx, changes.StackID)
	if err != nil {
		return err
	}
	if err := stacks.Execute(ctx, changes); err != nil {
		return err
	}
	err = stacks.Follow(ctx, changes.StackID, last, stack.Telling(c.Console.Say))
	var failure *stack.FailureError
	switch {
	case errors.As(err, &failure):
		return fmt.Errorf("%w: %s", err, stack.Remedy(failure.Status, c.plan.Proposal.Stack))
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("nobody waits any more, and CloudFormation goes on with the stack %s: `mayfly deploy` tells how it is", c.plan.Proposal.Stack)
	case err != nil:
		return err
	}
	made, err := stacks.Find(ctx, changes.StackID)
	if err != nil || made == nil {
		return errors.Join(err, fmt.Errorf("the stack %s is not to be found", c.plan.Proposal.Stack))
	}
	c.outputs = made.Outputs
	return nil
}

// url is where CloudFormation reads the template.
func (c *carrier) url() string {
	domain := "amazonaws.com"
	if c.in.Partition() == "aws-cn" {
		domain = "amazonaws.com.cn"
	}
	return fmt.Sprintf("https://%s.s3.%s.%s/%s", c.plan.Bucket, c.in.Region(), domain, c.plan.Key)
}
