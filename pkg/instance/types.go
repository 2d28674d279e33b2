package instance

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Types are the instance types that the region has and a runner can use: of today's generations, not
// bare metal, with no disk of their own. They have no price: EC2 does not tell it.
func (f *Fleet) Types(ctx context.Context) ([]catalog.Type, error) {
	pages := ec2.NewDescribeInstanceTypesPaginator(f.api, &ec2.DescribeInstanceTypesInput{Filters: []types.Filter{
		filter("current-generation", "true"), filter("bare-metal", "false"), filter("instance-storage-supported", "false"),
		filter("processor-info.supported-architecture", string(types.ArchitectureTypeX8664), string(types.ArchitectureTypeArm64)),
	}})
	var all []catalog.Type
	for pages.HasMorePages() {
		page, err := next(ctx, pages.NextPage)
		if err != nil {
			return nil, fmt.Errorf("instance: types: %w", err)
		}
		for _, told := range page.InstanceTypes {
			if t, usable := typeOf(told); usable {
				all = append(all, t)
			}
		}
	}
	return all, nil
}

func typeOf(told types.InstanceTypeInfo) (t catalog.Type, usable bool) {
	if told.VCpuInfo == nil || told.MemoryInfo == nil || told.ProcessorInfo == nil {
		return t, false
	}
	t = catalog.Type{
		Name: string(told.InstanceType), VCPU: int(aws.ToInt32(told.VCpuInfo.DefaultVCpus)), MemoryMiB: int(aws.ToInt64(told.MemoryInfo.SizeInMiB)),
	}
	for _, name := range told.ProcessorInfo.SupportedArchitectures { // i386 beside x86_64, of old types
		if arch := archOf(string(name)); arch != "" {
			t.Arch = arch
		}
	}
	return t, t.Arch != runner.Arch("")
}
