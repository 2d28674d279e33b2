package instance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// AMIs are the images of an account in one region, for whoever builds and removes them. Make it with [NewAMIs].
type AMIs struct{ fleet *Fleet }

// AMI is an image with what is written on it.
type AMI struct {
	Image
	Tags       map[string]string
	Deprecated time.Time // when others stop seeing it, UTC; zero if it is not said
}

// NewAMIs is what an AWS configuration leads to. No call is made.
func NewAMIs(account aws.Config) *AMIs { return &AMIs{newFleet(account, Config{})} }

// AMIOperations are the operations of AWS that [AMIs] call.
func AMIOperations() []string {
	return []string{
		"ec2:CreateTags", "ec2:DeleteTags", "ec2:DeregisterImage", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:EnableImageDeprecation",
		"ec2:GetConsoleOutput", "ec2:RunInstances", "ec2:TerminateInstances",
	}
}

// Tagged are the account's own images with a tag of this name that are ready to boot, the newest first, those
// that are deprecated too.
func (a *AMIs) Tagged(ctx context.Context, tag string) ([]AMI, error) {
	found, err := a.find(ctx, "self", filter("tag-key", tag))
	if err != nil {
		return nil, fmt.Errorf("instance: images with tag %s: %w", tag, err)
	}
	return found, nil
}

// Source is an image to build from: of an owner, an account or self, the newest of a name, in which * is anything;
// or without an owner the one with an id. None is [ErrNoImage].
func (a *AMIs) Source(ctx context.Context, owner, name string) (AMI, error) {
	which := filter("name", name)
	if owner == "" {
		which = filter("image-id", name)
	}
	found, err := a.find(ctx, owner, which)
	if err == nil && len(found) == 0 {
		err = ErrNoImage
	}
	if err != nil {
		return AMI{}, fmt.Errorf("instance: image %s: %w", strings.TrimPrefix(owner+"/"+name, "/"), err)
	}
	return found[0], nil
}

func (a *AMIs) find(ctx context.Context, owner string, which types.Filter) ([]AMI, error) {
	input := &ec2.DescribeImagesInput{
		Filters: []types.Filter{which, filter("state", string(types.ImageStateAvailable))}, MaxResults: aws.Int32(perPage), IncludeDeprecated: aws.Bool(true),
	}
	if owner != "" {
		input.Owners = []string{owner}
	}
	var found []AMI
	for pages := ec2.NewDescribeImagesPaginator(a.fleet.api, input); pages.HasMorePages(); {
		page, err := next(ctx, pages.NextPage)
		if err != nil {
			return nil, err
		}
		for _, image := range page.Images {
			found = append(found, amiOf(image))
		}
	}
	slices.SortFunc(found, func(a, b AMI) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	return found, nil
}

func amiOf(image types.Image) AMI {
	told := AMI{Image: imageOf(image), Tags: map[string]string{}}
	if at, err := time.Parse(time.RFC3339, aws.ToString(image.DeprecationTime)); err == nil {
		told.Deprecated = at.UTC()
	}
	for _, tag := range image.Tags {
		told.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return told
}

// Tag writes tags on an image.
func (a *AMIs) Tag(ctx context.Context, id string, tags map[string]string) error {
	_, err := call(ctx, a.fleet.api.CreateTags, &ec2.CreateTagsInput{Resources: []string{id}, Tags: tagsOf(tags)})
	if err != nil {
		return fmt.Errorf("instance: tag %s: %w", id, err)
	}
	return nil
}

// Untag takes a tag away from an image. One that is not there is no error.
func (a *AMIs) Untag(ctx context.Context, id, tag string) error {
	_, err := call(ctx, a.fleet.api.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: &tag}}})
	if err != nil {
		return fmt.Errorf("instance: take %s from %s: %w", tag, id, err)
	}
	return nil
}

// Deprecate has an image be seen by nobody but its owner from a moment on, which EC2 wants to be in the future.
func (a *AMIs) Deprecate(ctx context.Context, id string, at time.Time) error {
	_, err := call(ctx, a.fleet.api.EnableImageDeprecation, &ec2.EnableImageDeprecationInput{ImageId: &id, DeprecateAt: &at})
	if err != nil {
		return fmt.Errorf("instance: deprecate %s: %w", id, err)
	}
	return nil
}

// Remove deregisters an image, and deletes its snapshots but those that another image has, too.
func (a *AMIs) Remove(ctx context.Context, id string) error {
	_, err := call(ctx, a.fleet.api.DeregisterImage, &ec2.DeregisterImageInput{ImageId: &id, DeleteAssociatedSnapshots: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("instance: remove %s: %w", id, err)
	}
	return nil
}

// tagsOf are tags in EC2's words, in the order of their names, so that a request repeated is the same one.
func tagsOf(tags map[string]string) []types.Tag {
	var all []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return all
}
