package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// Delete begins to delete a stack. What its template says is to be kept stays.
func (s *Stacks) Delete(ctx context.Context, id string) error {
	_, err := s.api.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id})
	return account.Told(err)
}
