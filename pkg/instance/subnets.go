package instance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Subnets is what a stack may launch into, of the subnets with these ids: one for each zone, which is all
// that a fleet takes, the one with the most free addresses; and the zone with the most first. One that
// EC2 does not know is an error.
func (f *Fleet) Subnets(ctx context.Context, ids []string) ([]runner.Subnet, error) {
	pages := ec2.NewDescribeSubnetsPaginator(f.api, &ec2.DescribeSubnetsInput{Filters: []types.Filter{filter("subnet-id", ids...)}})
	var found []types.Subnet
	for pages.HasMorePages() {
		page, err := next(ctx, pages.NextPage)
		if err != nil {
			return nil, fmt.Errorf("instance: subnets: %w", err)
		}
		found = append(found, page.Subnets...)
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(found, func(s types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("instance: subnets: EC2 does not know %s in this region: correct or remove them", strings.Join(missing, ", "))
	}
	return roomiest(found), nil
}

// roomiest is one subnet of each zone.
func roomiest(subnets []types.Subnet) []runner.Subnet {
	slices.SortFunc(subnets, func(a, b types.Subnet) int {
		return cmp.Or(
			cmp.Compare(aws.ToInt32(b.AvailableIpAddressCount), aws.ToInt32(a.AvailableIpAddressCount)),
			cmp.Compare(aws.ToString(a.SubnetId), aws.ToString(b.SubnetId)),
		)
	})
	var chosen []runner.Subnet
	for _, subnet := range subnets {
		zone := aws.ToString(subnet.AvailabilityZone)
		if !slices.ContainsFunc(chosen, func(other runner.Subnet) bool { return other.Zone == zone }) {
			chosen = append(chosen, runner.Subnet{ID: aws.ToString(subnet.SubnetId), Zone: zone})
		}
	}
	return chosen
}
