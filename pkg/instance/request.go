package instance

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// fleetInput is the call for a request.
func fleetInput(request runner.LaunchRequest, template Template, image Image) *ec2.CreateFleetInput {
	shape := request.Shape
	input := &ec2.CreateFleetInput{
		ClientToken: &request.ClientToken,
		Type:        types.FleetTypeInstant,
		TargetCapacitySpecification: &types.TargetCapacitySpecificationRequest{
			TotalTargetCapacity:       int32Of(request.Count),
			DefaultTargetCapacityType: types.DefaultTargetCapacityType(shape.Capacity),
		},
		LaunchTemplateConfigs: []types.FleetLaunchTemplateConfigRequest{{
			LaunchTemplateSpecification: &types.FleetLaunchTemplateSpecificationRequest{
				LaunchTemplateId: &template.ID, Version: &template.Version,
			},
			Overrides: overrides(request, image),
		}},
		TagSpecifications: tagged(request),
	}
	if shape.Capacity == runner.Spot {
		input.SpotOptions = &types.SpotOptionsRequest{AllocationStrategy: types.SpotAllocationStrategy(shape.Strategy)}
	} else {
		input.OnDemandOptions = &types.OnDemandOptionsRequest{AllocationStrategy: types.FleetOnDemandAllocationStrategy(shape.Strategy)}
	}
	return input
}

// overrides are the pools of a request, each with all that makes its shape. EC2 heeds the priorities
// where the strategy does, and wants them in no other case.
func overrides(request runner.LaunchRequest, image Image) []types.FleetLaunchTemplateOverridesRequest {
	all := make([]types.FleetLaunchTemplateOverridesRequest, len(request.Offerings))
	root := rootVolume(request.Shape.RootVolume, image)
	for i, offering := range request.Offerings {
		all[i] = types.FleetLaunchTemplateOverridesRequest{
			InstanceType:        types.InstanceType(offering.Type),
			SubnetId:            aws.String(subnetIn(request.Shape, offering.Zone)),
			ImageId:             &request.Shape.Image,
			BlockDeviceMappings: root,
		}
		if request.Shape.Strategy == string(types.SpotAllocationStrategyCapacityOptimizedPrioritized) {
			all[i].Priority = aws.Float64(float64(slices.Index(request.Shape.Types, offering.Type)))
		}
	}
	return all
}

// subnetIn is a shape's subnet in a zone. EC2 takes one subnet of each zone, and calls two duplicate pools.
func subnetIn(shape runner.Shape, zone string) string {
	for _, subnet := range shape.Subnets {
		if subnet.Zone == zone {
			return subnet.ID
		}
	}
	return ""
}

// rootVolume is the image's own root device, as the shape wants it, and never less than the image needs.
func rootVolume(want runner.Volume, image Image) []types.FleetBlockDeviceMappingRequest {
	want = want.Or(runner.Volume{Type: string(types.VolumeTypeGp3)})
	volume := &types.FleetEbsBlockDeviceRequest{
		Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true), VolumeType: types.VolumeType(want.Type),
		VolumeSize: chosen(max(want.GiB, image.RootGiB)), Iops: chosen(want.IOPS), Throughput: chosen(want.Throughput),
	}
	return []types.FleetBlockDeviceMappingRequest{{DeviceName: &image.RootDevice, Ebs: volume}}
}

// tagged tags the fleet and its instances. A tag for spot requests makes every on-demand launch fail.
func tagged(request runner.LaunchRequest) []types.TagSpecification {
	tags := []types.Tag{
		{Key: aws.String(runner.TagStack), Value: &request.Stack},
		{Key: aws.String(runner.TagLaunch), Value: &request.Launch},
	}
	return []types.TagSpecification{
		{ResourceType: types.ResourceTypeFleet, Tags: tags},
		{ResourceType: types.ResourceTypeInstance, Tags: tags},
	}
}

// chosen is a number of which 0 leaves the choice to EC2.
func chosen(n int) *int32 {
	if n == 0 {
		return nil
	}
	return int32Of(n)
}

func int32Of(n int) *int32 { return aws.Int32(int32(min(n, 1<<31-1))) }
