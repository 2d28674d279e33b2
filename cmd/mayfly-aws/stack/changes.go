package stack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// Proposal is what a stack shall be.
type Proposal struct {
	Stack      string
	Exists     bool // it is an update
	Template   string
	Parameters map[string]string
	Kept       []string // parameters whose value stays
}

// Changes are what CloudFormation would do. It does so when they are executed.
type Changes struct {
	ID      string // of the change set
	StackID string
	List    []Change
}

// Change is what would become of one resource.
type Change struct {
	Action      string // Add, Modify, Remove, Import, Dynamic
	Resource    string
	Type        string
	Replacement string // True, False, Conditional; empty if it is no matter of that
	causes      []string
}

// Propose asks CloudFormation what a proposal would change. The template is a URL in S3, for it is longer than what a
// call may bring. Nothing is changed by it, but that a stack that was not there is there, empty, until it is executed
// or withdrawn.
func (s *Stacks) Propose(ctx context.Context, proposal Proposal) (Changes, error) {
	kind := types.ChangeSetTypeCreate
	if proposal.Exists {
		kind = types.ChangeSetTypeUpdate
	}
	made, err := s.api.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: &proposal.Stack, ChangeSetName: aws.String(fmt.Sprintf("mayfly-%d", time.Now().Unix())), ChangeSetType: kind,
		TemplateURL: &proposal.Template, Parameters: parameters(proposal),
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Tags:         []types.Tag{{Key: aws.String("mayfly-stack"), Value: &proposal.Stack}},
	})
	if err != nil {
		if strings.Contains(err.Error(), noUpdates) {
			return Changes{}, nil
		}
		return Changes{}, account.Told(err)
	}
	changes := Changes{ID: aws.ToString(made.Id), StackID: aws.ToString(made.StackId)}
	for {
		page, err := s.api.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &changes.ID, StackName: &changes.StackID})
		if err != nil {
			return Changes{}, account.Told(err)
		}
		switch page.Status {
		case types.ChangeSetStatusCreateComplete:
			return s.readChanges(ctx, changes, page)
		case types.ChangeSetStatusFailed:
			return s.failed(ctx, changes, aws.ToString(page.StatusReason))
		default: // it is being made
			if err := wait(ctx); err != nil {
				return Changes{}, err
			}
		}
	}
}

// What CloudFormation says if there is nothing to change. It has no code for it.
const (
	noUpdates = "No updates are to be performed"
	noChanges = "didn't contain changes"
)

func (s *Stacks) failed(ctx context.Context, changes Changes, reason string) (Changes, error) {
	if err := s.Withdraw(ctx, changes); err != nil {
		return Changes{}, err
	}
	if strings.Contains(reason, noUpdates) || strings.Contains(reason, noChanges) {
		return Changes{StackID: changes.StackID}, nil
	}
	return Changes{}, fmt.Errorf("CloudFormation refuses the change: %s", reason)
}

// Execute begins to change the stack.
func (s *Stacks) Execute(ctx context.Context, changes Changes) error {
	_, err := s.api.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: &changes.ID, StackName: &changes.StackID})
	return account.Told(err)
}

// Withdraw forgets a change set.
func (s *Stacks) Withdraw(ctx context.Context, changes Changes) error {
	_, err := s.api.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &changes.ID, StackName: &changes.StackID})
	return account.Told(err)
}

func parameters(proposal Proposal) (all []types.Parameter) {
	for _, name := range slices.Sorted(maps.Keys(proposal.Parameters)) {
		all = append(all, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(proposal.Parameters[name])})
	}
	for _, name := range proposal.Kept {
		all = append(all, types.Parameter{ParameterKey: aws.String(name), UsePreviousValue: aws.Bool(true)})
	}
	return all
}

// wait waits, unless somebody wants an end.
func wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(Every):
		return nil
	}
}
