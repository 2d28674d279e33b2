package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// KeepLogs has a log group keep what it has for so many days. One that is not there is made: App Runner makes its own
// with the first line, and CloudWatch would keep that for ever.
func (a Account) KeepLogs(ctx context.Context, group string, days int32) error {
	client := cloudwatchlogs.NewFromConfig(a.Config)
	keep := func() error {
		_, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &group, RetentionInDays: &days})
		return err
	}
	err := keep()
	var none *types.ResourceNotFoundException
	if !errors.As(err, &none) {
		return Told(err)
	}
	_, err = client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
	var twice *types.ResourceAlreadyExistsException
	if err != nil && !errors.As(err, &twice) {
		return Told(err)
	}
	return Told(keep())
}
