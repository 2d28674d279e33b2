package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apprunner"
)

// HasAppRunner says whether the account has a service of App Runner in its region. AWS takes no new customers for it
// since 2026-04-30, and publishes no answer by which an account that is none would be known; one that has a service
// is one. Source: docs.aws.amazon.com, "AWS App Runner availability change".
func (a Account) HasAppRunner(ctx context.Context) (bool, error) {
	client := apprunner.NewFromConfig(a.Config)
	list, err := client.ListServices(ctx, &apprunner.ListServicesInput{MaxResults: aws.Int32(1)})
	if err != nil {
		return false, err
	}
	return len(list.ServiceSummaryList) > 0, nil
}
