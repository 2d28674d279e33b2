package instance

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// SpotPrices is what Linux costs as spot in each zone, USD an hour, of these instance types, as it is
// now. What EC2 does not sell so is not in it.
func (f *Fleet) SpotPrices(ctx context.Context, names []string) (map[runner.Offering]float64, error) {
	input := &ec2.DescribeSpotPriceHistoryInput{
		ProductDescriptions: []string{string(types.RIProductDescriptionLinuxUnix)},
		StartTime:           aws.Time(time.Now()), // of which the price is that of the last change before
		MaxResults:          aws.Int32(perPage),
	}
	for _, name := range names {
		input.InstanceTypes = append(input.InstanceTypes, types.InstanceType(name))
	}
	prices, at := map[runner.Offering]float64{}, map[runner.Offering]time.Time{}
	pages := ec2.NewDescribeSpotPriceHistoryPaginator(f.api, input)
	for pages.HasMorePages() {
		page, err := next(ctx, pages.NextPage)
		if err != nil {
			return nil, fmt.Errorf("instance: spot prices: %w", err)
		}
		for _, told := range page.SpotPriceHistory {
			offering := runner.Offering{Type: string(told.InstanceType), Zone: aws.ToString(told.AvailabilityZone), Capacity: runner.Spot}
			price, err := strconv.ParseFloat(aws.ToString(told.SpotPrice), 64)
			if changed := aws.ToTime(told.Timestamp); err == nil && !changed.Before(at[offering]) {
				prices[offering], at[offering] = price, changed
			}
		}
	}
	return prices, nil
}
