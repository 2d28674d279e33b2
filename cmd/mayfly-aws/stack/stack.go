// Package stack is CloudFormation, as far as one stack needs it: what it is, what would change, and how it goes. It is the
// only package that knows CloudFormation's SDK.
package stack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// Every is how long it waits between two looks at what CloudFormation does.
const Every = 3 * time.Second

// Stack is a stack as it is.
type Stack struct {
	Name, ID   string
	Status     string // CREATE_COMPLETE and its like
	Reason     string // of the status, if there is one
	Parameters map[string]string
	Outputs    map[string]string
}

// Stacks are those of an account. Make it with [New].
type Stacks struct{ api *cloudformation.Client }

// New is the CloudFormation of an account.
func New(in account.Account) *Stacks { return &Stacks{cloudformation.NewFromConfig(in.Config)} }

// Find is the stack with a name or an id; nil if there is none. One that was deleted is found by its id alone.
func (s *Stacks) Find(ctx context.Context, name string) (*Stack, error) {
	found, err := s.api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	switch {
	case none(err):
		return nil, nil //nolint:nilnil // no stack is an answer, and its fields are nobody's
	case err != nil:
		return nil, account.Told(err)
	case len(found.Stacks) == 0:
		return nil, nil //nolint:nilnil // the same
	}
	return read(found.Stacks[0]), nil
}

func read(told types.Stack) *Stack {
	stack := &Stack{
		Name: aws.ToString(told.StackName), ID: aws.ToString(told.StackId),
		Status: string(told.StackStatus), Reason: aws.ToString(told.StackStatusReason),
		Parameters: map[string]string{}, Outputs: map[string]string{},
	}
	for _, one := range told.Parameters {
		stack.Parameters[aws.ToString(one.ParameterKey)] = aws.ToString(one.ParameterValue)
	}
	for _, one := range told.Outputs {
		stack.Outputs[aws.ToString(one.OutputKey)] = aws.ToString(one.OutputValue)
	}
	return stack
}

// none says whether CloudFormation knows no such stack: it has no error of its own for that.
func none(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && refusal.ErrorCode() == "ValidationError" && strings.Contains(refusal.ErrorMessage(), "does not exist")
}

// Empty says whether a stack was proposed, and never made.
func (s *Stack) Empty() bool { return s.Status == string(types.StackStatusReviewInProgress) }

// Ours says whether the stack was made of Mayfly's template: another's must be neither updated to it nor destroyed. An
// empty one is nobody's.
func (s *Stack) Ours() bool {
	_, bucket := s.Parameters["ArtifactBucket"]
	_, key := s.Parameters["LambdaKey"]
	return s.Empty() || bucket && key
}

// Busy says whether CloudFormation is at work on the stack.
func (s *Stack) Busy() bool { return strings.HasSuffix(s.Status, "_IN_PROGRESS") && !s.Empty() }

// Usable says whether a stack can be updated.
func (s *Stack) Usable() bool {
	return slices.Contains([]types.StackStatus{
		types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
		types.StackStatusImportComplete, types.StackStatusImportRollbackComplete,
	}, types.StackStatus(s.Status))
}
