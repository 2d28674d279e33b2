package instance

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Guard is the part of a [Fleet] that sees and ends a stack's instances and launches none, for whoever has
// neither templates nor images. Make it with [NewGuard].
type Guard struct{ fleet *Fleet }

// NewGuard is the guard of a stack, in the account and region that an AWS configuration leads to. No call is made.
func NewGuard(account aws.Config, stack string) (*Guard, error) {
	if stack == "" {
		return nil, errors.New("instance: Stack is empty: without it, every stack's instances would be seen")
	}
	return &Guard{newFleet(account, Config{Stack: stack})}, nil
}

// GuardOperations are the operations of AWS that a guard calls.
func GuardOperations() []string {
	return []string{"ec2:DescribeInstances", "ec2:TerminateInstances"}
}

// Describe is [Fleet.Describe].
func (g *Guard) Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error) {
	return g.fleet.Describe(ctx, query)
}

// Terminate is [Fleet.Terminate].
func (g *Guard) Terminate(ctx context.Context, ids []string) error {
	return g.fleet.Terminate(ctx, ids)
}
