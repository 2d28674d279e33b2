package instance

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	// perPage is how much EC2 tells at once.
	// Source: docs.aws.amazon.com, EC2 API Reference, "DescribeInstances", MaxResults.
	perPage = 1000
	// perFilter is how many values a filter may have.
	// Source: docs.aws.amazon.com, "List and filter Amazon EC2 resources", filtering considerations.
	perFilter = 200
)

// Describe tells which instances of the stack EC2 sees, the oldest first, and how they were a while
// ago. Instances are asked for by a filter, not by id: one that is not to be seen yet, or no more, is
// then left out, where EC2 would refuse the whole call.
func (f *Fleet) Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error) {
	filters := []types.Filter{filter("tag:"+runner.TagStack, f.config.Stack)}
	if query.Launch != "" {
		filters = append(filters, filter("tag:"+runner.TagLaunch, query.Launch))
	}
	asked := [][]types.Filter{filters}
	if len(query.Instances) > 0 {
		asked = nil
		for ids := range slices.Chunk(unique(query.Instances), perFilter) {
			asked = append(asked, append(slices.Clone(filters), filter("instance-id", ids...)))
		}
	}
	var all []runner.Seen
	for _, filters := range asked {
		seen, err := f.describe(ctx, filters)
		if err != nil {
			return nil, fmt.Errorf("instance: describe: %w", err)
		}
		all = append(all, seen...)
	}
	slices.SortFunc(all, func(a, b runner.Seen) int {
		return cmp.Or(a.LaunchedAt.Compare(b.LaunchedAt), cmp.Compare(a.Instance.ID, b.Instance.ID))
	})
	return all, nil
}

// describe reads all pages of what filters let through.
func (f *Fleet) describe(ctx context.Context, filters []types.Filter) ([]runner.Seen, error) {
	pages := ec2.NewDescribeInstancesPaginator(f.api, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(perPage)})
	var seen []runner.Seen
	for pages.HasMorePages() {
		page, err := next(ctx, pages.NextPage)
		if err != nil {
			return nil, err
		}
		for _, reservation := range page.Reservations {
			for _, instance := range reservation.Instances {
				seen = append(seen, seenOf(instance))
			}
		}
	}
	return seen, nil
}

func seenOf(instance types.Instance) runner.Seen {
	seen := runner.Seen{
		Instance: runner.Instance{
			ID:       aws.ToString(instance.InstanceId),
			Offering: runner.Offering{Type: string(instance.InstanceType), Capacity: runner.OnDemand},
		},
		LaunchedAt: aws.ToTime(instance.LaunchTime),
	}
	if instance.InstanceLifecycle == types.InstanceLifecycleTypeSpot {
		seen.Instance.Offering.Capacity = runner.Spot
	}
	if instance.Placement != nil {
		seen.Instance.Offering.Zone = aws.ToString(instance.Placement.AvailabilityZone)
	}
	if instance.State != nil {
		seen.State = string(instance.State.Name)
	}
	for _, tag := range instance.Tags {
		if aws.ToString(tag.Key) == runner.TagLaunch {
			seen.Launch = aws.ToString(tag.Value)
		}
	}
	return seen
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

func unique(ids []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// next reads a page within [Timeout].
func next[O any](ctx context.Context, page func(context.Context, ...func(*ec2.Options)) (*O, error)) (*O, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return page(ctx)
}
