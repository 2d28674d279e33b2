package instance

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// ErrNoProvenance says that an image does not say what it was made from, where it has to.
var ErrNoProvenance = errors.New("no tag " + runner.TagManifest + " says what it was made from, and RequireProvenance is set: " +
	"name an image that mayfly image build made, or have it unset")

// Choose is what a name stands for, of the images that have it: the one to launch, then those that were it before,
// the last one first. Where our build made any of them, only promoted ones count, and the one that was promoted last
// is launched: to promote an older one again takes a newer one back. Those before it are of the same build and
// architecture. Of images that are none of our build's the newest counts alone. None is [ErrNoImage], or
// [ErrNoProvenance].
func Choose(found []Image, requireProvenance bool) ([]Image, error) {
	if len(found) == 0 {
		return nil, ErrNoImage
	}
	found = without(found, func(i Image) bool { return requireProvenance && i.Manifest == "" })
	if len(found) == 0 {
		return nil, ErrNoProvenance
	}
	built := without(found, func(i Image) bool { return i.Build == "" })
	if len(built) == 0 {
		return []Image{slices.MinFunc(found, newestFirst)}, nil
	}
	promoted := without(built, func(i Image) bool { return i.Promoted.IsZero() })
	if len(promoted) == 0 {
		return nil, fmt.Errorf("%w: of the %d that our build made none was promoted: promote one (mayfly image promote)", ErrNoImage, len(built))
	}
	slices.SortFunc(promoted, func(a, b Image) int { return cmp.Or(b.Promoted.Compare(a.Promoted), newestFirst(a, b)) })
	chosen := promoted[0]
	return without(promoted, func(i Image) bool { return i.Build != chosen.Build || i.Arch != chosen.Arch }), nil
}

func without(images []Image, which func(Image) bool) []Image {
	return slices.DeleteFunc(slices.Clone(images), which)
}

func newestFirst(a, b Image) int {
	return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
}

// canonical are the accounts of Ubuntu's makers: on their images there is no runner that could be old.
// Source: documentation.ubuntu.com/aws, "Find Ubuntu images on AWS"; in turn of all regions, GovCloud, and China.
var canonical = []string{"099720109477", "513442679011", "837727238323"}

// tagged reads what our build, or whoever promotes, wrote on the image. A time that is none is as if it were not there.
func (i *Image) tagged(tags []types.Tag) {
	at := map[string]string{}
	for _, tag := range tags {
		at[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	i.Build, i.Manifest = at[runner.TagImage], at[runner.TagManifest]
	if promoted, err := time.Parse(time.RFC3339, at[runner.TagPromoted]); err == nil {
		i.Promoted = promoted.UTC()
	}
	released, err := time.Parse(time.DateOnly, at[runner.TagRunnerReleased])
	switch {
	case err == nil:
		i.Since = released
	case !slices.Contains(canonical, i.Owner):
		i.Since = i.Created
	}
}
