package instance

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// launchResult reads EC2's answer to a request. A fleet is created though it may have no instance;
// what is wrong with each pool is in the answer, beside what the other pools gave.
func launchResult(request runner.LaunchRequest, output *ec2.CreateFleetOutput) runner.LaunchResult {
	result := runner.LaunchResult{Fleet: aws.ToString(output.FleetId)}
	for _, given := range output.Instances {
		offering := offeringOf(request, given.InstanceType, given.LaunchTemplateAndOverrides, aws.ToString(given.AvailabilityZone), aws.ToString(given.SubnetId))
		for _, id := range given.InstanceIds {
			result.Instances = append(result.Instances, runner.Instance{ID: id, Offering: offering})
		}
	}
	for _, refused := range output.Errors {
		result.Errors = append(result.Errors, runner.LaunchError{
			Class: classInFleet(aws.ToString(refused.ErrorCode)), Code: aws.ToString(refused.ErrorCode), Message: aws.ToString(refused.ErrorMessage),
			Offering: whole(offeringOf(request, "", refused.LaunchTemplateAndOverrides, "", "")),
		})
	}
	if len(result.Instances) == 0 {
		result.Errors = everyPool(request, result.Errors)
	}
	return result
}

// offeringOf is the offering of one of the pools of a request, from what EC2 says of it in one place or
// another.
func offeringOf(request runner.LaunchRequest, instanceType types.InstanceType, pool *types.LaunchTemplateAndOverridesResponse, zone, subnet string) runner.Offering {
	if pool != nil && pool.Overrides != nil {
		said := pool.Overrides
		instanceType = types.InstanceType(cmp.Or(string(instanceType), string(said.InstanceType)))
		zone, subnet = cmp.Or(zone, aws.ToString(said.AvailabilityZone)), cmp.Or(subnet, aws.ToString(said.SubnetId))
	}
	return runner.Offering{
		Type: string(instanceType), Capacity: request.Shape.Capacity,
		Zone: cmp.Or(zone, zoneOf(request.Shape, subnet)),
	}
}

func zoneOf(shape runner.Shape, subnet string) string {
	for _, known := range shape.Subnets {
		if known.ID == subnet {
			return known.Zone
		}
	}
	return ""
}

// whole is an offering, or none if part of it is not known.
func whole(offering runner.Offering) runner.Offering {
	if offering.Type == "" || offering.Zone == "" {
		return runner.Offering{}
	}
	return offering
}

// everyPool puts an error that names no pool on each of the request's: where nothing was given, none
// of them had anything, and all are to be left alone for a while.
func everyPool(request runner.LaunchRequest, problems []runner.LaunchError) []runner.LaunchError {
	var all []runner.LaunchError
	for _, problem := range problems {
		if problem.Class != runner.NoCapacity || problem.Offering != (runner.Offering{}) {
			all = append(all, problem)
			continue
		}
		for _, offering := range request.Offerings {
			problem.Offering = offering
			all = append(all, problem)
		}
	}
	return all
}
