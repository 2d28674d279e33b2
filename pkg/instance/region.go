package instance

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Region is what an account has in a region that a new stack shares with whatever else is there.
type Region struct {
	Zones     []string // that the account may use
	Addresses int      // Elastic IP addresses
	VPCs      int
}

// RegionOperations are the operations of AWS that [LookAround] calls.
func RegionOperations() []string {
	return []string{"ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeVpcs"}
}

// LookAround tells what is in the account and region that an AWS configuration leads to.
func LookAround(ctx context.Context, account aws.Config) (Region, error) {
	api := newFleet(account, Config{}).api
	zones, err := call(ctx, api.DescribeAvailabilityZones, &ec2.DescribeAvailabilityZonesInput{
		Filters: []types.Filter{filter("zone-type", "availability-zone"), filter("state", "available")},
	})
	if err != nil {
		return Region{}, fmt.Errorf("instance: describe zones: %w", err)
	}
	addresses, err := call(ctx, api.DescribeAddresses, &ec2.DescribeAddressesInput{})
	if err != nil {
		return Region{}, fmt.Errorf("instance: describe addresses: %w", err)
	}
	region := Region{Addresses: len(addresses.Addresses)}
	for _, zone := range zones.AvailabilityZones {
		region.Zones = append(region.Zones, aws.ToString(zone.ZoneName))
	}
	vpcs := ec2.NewDescribeVpcsPaginator(api, &ec2.DescribeVpcsInput{})
	for vpcs.HasMorePages() {
		page, err := next(ctx, vpcs.NextPage)
		if err != nil {
			return Region{}, fmt.Errorf("instance: describe VPCs: %w", err)
		}
		region.VPCs += len(page.Vpcs)
	}
	return region, nil
}
