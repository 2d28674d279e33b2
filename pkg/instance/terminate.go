package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// refusesOne are the codes of a call that EC2 refuses for one of its instances: one that it does not
// know, that is no id, that the role may not end, or that is protected.
var refusesOne = []string{
	"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "UnauthorizedOperation", "OperationNotPermitted",
}

// Terminate ends all of the instances, 1,000 at most, or none: an error that is [runner.ErrOneRefused]
// is about some. Those that are ending already are no error. IAM sees to it that no other stack's are ended.
func (f *Fleet) Terminate(ctx context.Context, ids []string) error {
	_, err := call(ctx, f.api.TerminateInstances, &ec2.TerminateInstancesInput{InstanceIds: ids})
	var refused smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && slices.Contains(refusesOne, refused.ErrorCode()):
		return fmt.Errorf("instance: %w: %w", runner.ErrOneRefused, err)
	}
	return fmt.Errorf("instance: terminate: %w", err)
}
