package instance

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// TagTestBoot is on an instance that tries an image, and says which one. Without it the builder's role may end no instance.
const TagTestBoot = "mayfly:test-boot"

// TestBoot is one instance that tries an image. It has no role and no key, and is gone when it powers off.
type TestBoot struct {
	Image    string
	Type     string // m7a.large
	Subnet   string // empty is the default VPC's
	UserData []byte
	WorkGiB  int // of a second, encrypted volume; 0 is none
}

// Boot launches the instance of a test boot, and is its id.
func (a *AMIs) Boot(ctx context.Context, boot TestBoot) (id string, err error) {
	one := int32(1)
	input := &ec2.RunInstancesInput{
		ImageId: &boot.Image, InstanceType: types.InstanceType(boot.Type), MinCount: &one, MaxCount: &one,
		UserData:                          aws.String(base64.StdEncoding.EncodeToString(boot.UserData)),
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate,
		MetadataOptions:                   &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: &one},
	}
	if boot.Subnet != "" {
		input.SubnetId = &boot.Subnet
	}
	if boot.WorkGiB > 0 {
		input.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/sdf"), Ebs: &types.EbsBlockDevice{
			VolumeSize: aws.Int32(int32(boot.WorkGiB)), VolumeType: types.VolumeTypeGp3, Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true),
		}}}
	}
	for _, what := range []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface} {
		input.TagSpecifications = append(input.TagSpecifications, types.TagSpecification{
			ResourceType: what, Tags: tagsOf(map[string]string{TagTestBoot: boot.Image, "Name": "mayfly-test-boot"}),
		})
	}
	launched, err := call(ctx, a.fleet.api.RunInstances, input)
	if err != nil {
		return "", fmt.Errorf("instance: boot %s: %w", boot.Image, err)
	}
	return aws.ToString(launched.Instances[0].InstanceId), nil
}

// Console is what an instance has written to its console, as far as EC2 knows: 64 KiB at most. Of one that
// runs on Nitro it is what there is now; of another, and of one that has ended, what EC2 last kept of it.
//
// Source: docs.aws.amazon.com, EC2 API Reference, "GetConsoleOutput".
func (a *AMIs) Console(ctx context.Context, id string) (string, error) {
	output, err := call(ctx, a.fleet.api.GetConsoleOutput, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
	var refused smithy.APIError
	if errors.As(err, &refused) && slices.Contains([]string{"UnsupportedOperation", "IncorrectInstanceState", "IncorrectState"}, refused.ErrorCode()) {
		output, err = call(ctx, a.fleet.api.GetConsoleOutput, &ec2.GetConsoleOutputInput{InstanceId: &id})
	}
	if err != nil {
		return "", fmt.Errorf("instance: console of %s: %w", id, err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(output.Output))
	if err != nil {
		return "", fmt.Errorf("instance: console of %s: %w", id, err)
	}
	return string(text), nil
}

// EndBoot ends the instance of a test boot.
func (a *AMIs) EndBoot(ctx context.Context, id string) error {
	return a.fleet.Terminate(ctx, []string{id})
}

// InUse are those among images, by their ids, that an instance has which may run or be started again.
func (a *AMIs) InUse(ctx context.Context, images []string) (map[string]bool, error) {
	used := map[string]bool{}
	for ids := range slices.Chunk(images, perFilter) {
		pages := ec2.NewDescribeInstancesPaginator(a.fleet.api, &ec2.DescribeInstancesInput{
			Filters:    []types.Filter{filter("image-id", ids...), filter("instance-state-name", "pending", "running", "stopping", "stopped")},
			MaxResults: aws.Int32(perPage),
		})
		for pages.HasMorePages() {
			page, err := next(ctx, pages.NextPage)
			if err != nil {
				return nil, fmt.Errorf("instance: instances of %s: %w", strings.Join(ids, ", "), err)
			}
			for _, reservation := range page.Reservations {
				for _, instance := range reservation.Instances {
					used[aws.ToString(instance.ImageId)] = true
				}
			}
		}
	}
	return used, nil
}
