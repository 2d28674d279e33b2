package launch

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// ofImage is what the codes begin with of EC2's errors that are about the image, and so about every offering.
// Source: docs.aws.amazon.com, EC2 API Reference, "Error codes".
const ofImage = "InvalidAMIID."

// mistaken are the offerings of a shape that EC2 refuses with an error: the one that it says, or those of the
// subnet or the type that its message names. If there is none of these, it is about the launch itself: all.
func mistaken(shape runner.Shape, problem runner.LaunchError) []runner.Offering {
	all := shape.Offerings()
	switch {
	case strings.HasPrefix(problem.Code, ofImage), problem.Code == runner.ImageNotAllowed:
		return all
	case problem.Offering != (runner.Offering{}):
		return []runner.Offering{problem.Offering}
	}
	words := strings.FieldsFunc(problem.Message, func(r rune) bool { return strings.ContainsRune(" '\"`,:;()[]", r) })
	named := slices.DeleteFunc(slices.Clone(all), func(offering runner.Offering) bool {
		return !slices.ContainsFunc(words, func(word string) bool {
			word = strings.TrimSuffix(word, ".")
			return word == offering.Type || slices.Contains(shape.Subnets, runner.Subnet{ID: word, Zone: offering.Zone})
		})
	})
	if len(named) == 0 {
		return all
	}
	return named
}

// rejected is why a job is refused to which EC2, or what a label may choose, gives no shape to launch.
func rejected(shape runner.Shape, problem runner.LaunchError) runner.Reason {
	if problem.Code == runner.ImageNotAllowed {
		return runner.NotAllowed("ami="+shape.Image, problem.Message)
	}
	return runner.LaunchRejected(problem.Code, problem.Message)
}

// blamed are the offerings that EC2 refuses with an error. What it gave instances of is no mistake altogether.
func (a *answer) blamed(problem runner.LaunchError) []runner.Offering {
	shape := a.launch.Request.Shape
	refused := mistaken(shape, problem)
	if a.given > 0 && len(refused) == len(shape.Offerings()) {
		return nil
	}
	return refused
}

// hopeless says whether EC2 refuses every offering of a shape as a mistake, so that no later call would do better.
func hopeless(shape runner.Shape, memory runner.CapacityMemory, now time.Time) bool {
	return !slices.ContainsFunc(shape.Offerings(), func(offering runner.Offering) bool {
		known := memory.Known(offering)
		return known.Why.How != string(runner.BadRequest) || !known.Until.After(now)
	})
}

// graver are the classes of errors, the gravest first: what stands in the way of every other offering too
// decides before what is about one.
var graver = []runner.LaunchErrorClass{
	runner.Quota, runner.Denied, runner.Throttled, runner.UnknownOutcome, runner.BadRequest, runner.NoCapacity,
}

// gravest is the error that decides about the missing instances.
func (a *answer) gravest(problems []runner.LaunchError) runner.LaunchError {
	if len(problems) == 0 {
		return runner.LaunchError{Class: runner.NoCapacity, Code: "fewer instances than asked for"}
	}
	if mistake := slices.IndexFunc(problems, func(p runner.LaunchError) bool { return p.Class == runner.BadRequest }); a.hopeless && mistake >= 0 {
		return problems[mistake]
	}
	return slices.MinFunc(problems, func(x, y runner.LaunchError) int {
		return cmp.Compare(slices.Index(graver, x.Class), slices.Index(graver, y.Class))
	})
}
