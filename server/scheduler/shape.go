package scheduler

import (
	"errors"
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Shapes says what to launch for a job's labels, with what the stack has to offer.
type Shapes struct {
	Catalog    catalog.Catalog
	Images     map[runner.Arch]string // image by architecture
	Subnets    []runner.Subnet
	RootVolume int // GiB
}

// For is the shape that labels ask for; or, with a reason, why no runner can be launched for them.
func (s Shapes) For(jobLabels []string) (shape runner.Shape, refused runner.Reason) {
	ask, err := labels.Parse(jobLabels)
	var problem *labels.Error
	if errors.As(err, &problem) {
		return runner.Shape{}, runner.BadLabel(problem.Label, problem.Problem)
	}
	image, found := s.Images[ask.Arch]
	if !found {
		return runner.Shape{}, runner.NoImage(string(ask.Arch))
	}
	types := s.Catalog.Select(catalog.Want{MinVCPU: ask.CPU.Min, MaxVCPU: ask.CPU.Max, Arch: ask.Arch})
	if len(types) == 0 {
		return runner.Shape{}, runner.NoInstanceType(fmt.Sprintf("%s vCPUs on %s", ask.CPU, ask.Arch), "ask for a range, such as cpu=2+8")
	}
	shape = runner.Shape{
		Name: ask.Name(), Image: image, Arch: ask.Arch, Capacity: ask.Capacity, Strategy: ask.Strategy,
		RootVolume: s.RootVolume, Subnets: s.Subnets,
	}
	for _, candidate := range types {
		shape.Types = append(shape.Types, candidate.Name)
	}
	return shape, runner.NoReason()
}
