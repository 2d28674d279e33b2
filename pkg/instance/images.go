package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Image is a machine image. Nothing of it ever changes but its tags.
type Image struct {
	runner.Image
	Name       string
	Build      string    // what our build calls it; empty if it is none of that
	Manifest   string    // the digest of what it was made from; empty if nothing says so
	Owner      string    // account: 12 digits
	RootDevice string    // name of the device that it boots from: /dev/sda1
	RootGiB    int       // the least that its root volume may have
	Created    time.Time // UTC
}

// ErrNoImage says that no image is there, is ready, and is of an owner that is trusted.
var ErrNoImage = errors.New("no such image of a trusted owner")

// Image is the image with an id, of one of the owners that are trusted; else [ErrNoImage].
func (f *Fleet) Image(ctx context.Context, id string) (Image, error) {
	if image, known := f.images.get(id); known {
		return image, nil
	}
	found, err := f.findImages(ctx, f.config.Owners, filter("image-id", id))
	if err != nil {
		return Image{}, fmt.Errorf("instance: image %s: %w", id, err)
	}
	if len(found) == 0 {
		return Image{}, fmt.Errorf("instance: image %s: %w (%s): have its account added to Owners", id, ErrNoImage, strings.Join(f.config.Owners, ", "))
	}
	if f.config.RequireProvenance && found[0].Manifest == "" {
		return Image{}, fmt.Errorf("instance: image %s: %w", id, ErrNoProvenance)
	}
	f.images.put(found[0])
	return found[0], nil
}

// Named are the images of an owner, an account or self, that a name stands for, in which * is anything: see [Choose].
// Without the owner, a stranger's image of the same name would be as good.
func (f *Fleet) Named(ctx context.Context, owner, name string) ([]Image, error) {
	if owner == "" || name == "" {
		return nil, fmt.Errorf("instance: image %q of owner %q: both are needed; use self, or the 12 digits of an account", name, owner)
	}
	found, err := f.findImages(ctx, []string{owner}, filter("name", name))
	if err == nil {
		found, err = Choose(found, f.config.RequireProvenance)
	}
	if err != nil {
		return nil, fmt.Errorf("instance: image %q of %s: %w", name, owner, err)
	}
	return found, nil
}

// findImages are the images of owners that are ready to boot.
func (f *Fleet) findImages(ctx context.Context, owners []string, which types.Filter) ([]Image, error) {
	pages := ec2.NewDescribeImagesPaginator(f.api, &ec2.DescribeImagesInput{
		Owners: owners, Filters: []types.Filter{which, filter("state", string(types.ImageStateAvailable))}, MaxResults: aws.Int32(perPage),
	})
	var found []Image
	for pages.HasMorePages() {
		page, err := next(ctx, pages.NextPage)
		if err != nil {
			return nil, err
		}
		for _, image := range page.Images {
			found = append(found, imageOf(image))
		}
	}
	return found, nil
}

func imageOf(image types.Image) Image {
	created, _ := time.Parse(time.RFC3339, aws.ToString(image.CreationDate)) // one with no date is the oldest
	told := Image{
		Image: runner.Image{ID: aws.ToString(image.ImageId), Arch: archOf(string(image.Architecture))},
		Name:  aws.ToString(image.Name), Owner: aws.ToString(image.OwnerId), RootDevice: aws.ToString(image.RootDeviceName), Created: created.UTC(),
	}
	told.tagged(image.Tags)
	for _, mapping := range image.BlockDeviceMappings {
		if mapping.Ebs != nil && aws.ToString(mapping.DeviceName) == told.RootDevice {
			told.RootGiB = int(aws.ToInt32(mapping.Ebs.VolumeSize))
		}
	}
	return told
}

// archOf is an architecture of EC2's in our words; empty if no runner is of it.
func archOf(name string) runner.Arch {
	switch name {
	case string(types.ArchitectureTypeX8664):
		return runner.X64
	case string(types.ArchitectureTypeArm64):
		return runner.ARM64
	}
	return ""
}

// bootable is the image of a launch; an error is a *[runner.LaunchError].
func (f *Fleet) bootable(ctx context.Context, shape runner.Shape) (Image, error) {
	bad := func(code, message string) (Image, error) {
		return Image{}, &runner.LaunchError{Class: runner.BadRequest, Code: code, Message: message}
	}
	image, err := f.Image(ctx, shape.Image)
	switch {
	case errors.Is(err, ErrNoImage) && len(shape.ImageOwners) > 0:
		return bad(runner.ImageNotAllowed, notAllowed(shape, "there is no such AMI, or it is another account's"))
	case errors.Is(err, ErrNoImage):
		return bad("InvalidAMIID.NotFound", err.Error())
	case errors.Is(err, ErrNoProvenance):
		return bad(runner.ImageNotAllowed, err.Error())
	case err != nil:
		return Image{}, launchError(err)
	case len(shape.ImageOwners) > 0 && !slices.Contains(shape.ImageOwners, image.Owner):
		return bad(runner.ImageNotAllowed, notAllowed(shape, "it belongs to account "+image.Owner))
	case image.Arch != shape.Arch:
		return bad("InvalidAMIID.Unavailable", fmt.Sprintf("image %s is for %q, not for %s: name one that is", image.ID, image.Arch, shape.Arch))
	case image.RootDevice == "":
		return bad("InvalidAMIID.Unavailable", fmt.Sprintf("image %s has no root device: name one that boots from EBS", image.ID))
	}
	return image, nil
}

// notAllowed is why an image is not to be launched, and the way out.
func notAllowed(shape runner.Shape, why string) string {
	return fmt.Sprintf("%s, and the stack allows those of %s alone: name one of theirs, or have it added to Policy.AMIs", why, strings.Join(shape.ImageOwners, ", "))
}

// images remembers what it was told.
type images struct {
	mu    sync.Mutex
	known map[string]Image
}

func (i *images) get(id string) (image Image, known bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	image, known = i.known[id]
	return image, known
}

func (i *images) put(image Image) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known[image.ID] = image
}
