package scheduler

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Images are machine images by what labels call them, in lower case.
type Images map[string]runner.Image

// Shapes says what to launch for a job's labels, with what the stack has to offer.
type Shapes struct {
	Catalog     catalog.Catalog
	Families    []catalog.Pattern      // that a job gets which names none, where they have what it asks for
	Images      map[runner.Arch]string // image by architecture
	NamedImages Images
	Subnets     []runner.Subnet
	Private     []runner.Subnet // for jobs that ask for private ones
	RootVolume  runner.Volume
	Policy      Policy
	Env, Region string
}

// Elsewhere is why a job with these labels is no business of this stack; NoReason if it is.
func (s Shapes) Elsewhere(jobLabels []string) runner.Reason {
	asked := labels.Elsewhere(jobLabels, s.Env, s.Region)
	if asked == "" {
		return runner.NoReason()
	}
	own := "env=" + s.Env
	if strings.HasPrefix(asked, "region=") {
		own = "region=" + s.Region
	}
	return runner.OtherStack(asked, own)
}

// For is what labels come to; or, with a reason, why no runner can be launched for them.
func (s Shapes) For(jobLabels []string) (terms runner.Terms, refused runner.Reason) {
	ask, err := labels.Parse(jobLabels)
	var problem *labels.Error
	if errors.As(err, &problem) {
		return runner.Terms{}, runner.BadLabel(problem.Label, problem.Problem)
	}
	if refused := s.Policy.refuses(ask); refused != runner.NoReason() {
		return runner.Terms{}, refused
	}
	image, refused := s.image(ask)
	if refused != runner.NoReason() {
		return runner.Terms{}, refused
	}
	ask.Arch = image.Arch
	subnets := s.Subnets
	if ask.Private {
		subnets = s.Private
	}
	if len(subnets) == 0 {
		return runner.Terms{}, runner.NotAllowed("private=true", "the stack has no private subnets: remove it, or have PrivateSubnets set")
	}
	types, refused := s.types(ask)
	if refused != runner.NoReason() {
		return runner.Terms{}, refused
	}
	return runner.Terms{
		Shape: runner.Shape{
			Name: ask.Name(), Image: image.ID, ImageOwners: s.Policy.ownersOf(ask.AMI), Arch: ask.Arch, Capacity: ask.Capacity, Strategy: ask.Strategy,
			Types: types, RootVolume: ask.Volume.Or(s.RootVolume), Subnets: subnets,
		},
		Retry: ask.Retry, SSH: ask.SSH, Warning: warning(ask.Unknown),
	}, runner.NoReason()
}

// image is what a job boots from. What the stack itself names needs no leave.
func (s Shapes) image(ask labels.Ask) (runner.Image, runner.Reason) {
	switch {
	case ask.AMI != "":
		return runner.Image{ID: ask.AMI, Arch: ask.Arch}, s.Policy.refusesAMI(ask.AMI)
	case ask.Image != "":
		image, found := s.NamedImages[ask.Image]
		if !found {
			names := "it names none"
			if len(s.NamedImages) > 0 {
				names = "it names " + strings.Join(slices.Sorted(maps.Keys(s.NamedImages)), ", ")
			}
			return image, runner.NotAllowed("image="+ask.Image, "the stack names no such image ("+names+"): remove it, or have it added to NamedImages")
		}
		return image, runner.NoReason()
	}
	id, found := s.Images[ask.Arch]
	if !found {
		return runner.Image{}, runner.NoImage(string(ask.Arch))
	}
	return runner.Image{ID: id, Arch: ask.Arch}, runner.NoReason()
}

// warning is what a job's author is told of keys that did nothing.
func warning(slips []labels.Unknown) runner.Reason {
	if len(slips) == 0 {
		return runner.NoReason()
	}
	told := make([]string, len(slips))
	for i, slip := range slips {
		told[i] = fmt.Sprintf("%q (did you mean %s?)", slip.Key, slip.Meant)
	}
	return runner.UnknownKeys(strings.Join(told, ", "))
}
