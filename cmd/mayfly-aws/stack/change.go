package stack

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// readChanges reads all pages of a change set.
func (s *Stacks) readChanges(ctx context.Context, changes Changes, page *cloudformation.DescribeChangeSetOutput) (Changes, error) {
	for {
		for _, one := range page.Changes {
			if one.ResourceChange == nil {
				continue
			}
			changes.List = append(changes.List, change(*one.ResourceChange))
		}
		if page.NextToken == nil {
			settle(changes.List)
			return changes, nil
		}
		var err error
		page, err = s.api.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &changes.ID, StackName: &changes.StackID, NextToken: page.NextToken})
		if err != nil {
			return Changes{}, account.Told(err)
		}
	}
}

func change(told types.ResourceChange) Change {
	read := Change{
		Action: string(told.Action), Resource: aws.ToString(told.LogicalResourceId), Type: aws.ToString(told.ResourceType), Replacement: string(told.Replacement),
	}
	for _, detail := range told.Details {
		if detail.Target == nil || detail.Target.RequiresRecreation == types.RequiresRecreationNever {
			continue
		}
		cause := "" // the resource itself
		if detail.Evaluation == types.EvaluationTypeDynamic {
			cause, _, _ = strings.Cut(aws.ToString(detail.CausingEntity), ".")
		}
		read.causes = append(read.causes, cause)
	}
	return read
}

// settle takes back what CloudFormation is too careful to rule out: that a resource is replaced because it refers to
// another, which changes. That one keeps its name and its ARN, unless it is replaced itself. Source: docs.aws.amazon.com,
// CloudFormation API Reference, "ResourceChange": what is always recreated, and evaluated dynamically, is Conditional.
func settle(list []Change) {
	stays := map[string]bool{}
	for _, one := range list {
		stays[one.Resource] = one.Replacement == string(types.ReplacementFalse)
	}
	for i, one := range list {
		if one.Replacement == string(types.ReplacementConditional) && len(one.causes) > 0 && !slices.ContainsFunc(one.causes, func(cause string) bool { return !stays[cause] }) {
			list[i].Replacement = string(types.ReplacementFalse)
		}
	}
}
