package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// instead is why jobs are launched otherwise than one of them asked for; empty if none did.
func (d *decider) instead(jobs []*runner.Job, launched runner.Shape) string {
	why := []string{d.onDemand(jobs, launched), d.anotherImage(jobs, launched)}
	return strings.Join(slices.DeleteFunc(why, func(s string) bool { return s == "" }), "; ")
}

// anotherImage is why jobs are launched from another image than one of them asked for; empty if none did.
func (d *decider) anotherImage(jobs []*runner.Job, launched runner.Shape) string {
	for _, job := range jobs {
		if asked := d.snapshot.Jobs[job.ID].Shape.Image; asked != launched.Image {
			return fmt.Sprintf("from %s, for %s does not boot", launched.Image, asked)
		}
	}
	return ""
}

// onDemand is why jobs are launched on demand of which one asked for spot; empty if none did.
func (d *decider) onDemand(jobs []*runner.Job, launched runner.Shape) string {
	for _, job := range jobs {
		asked := d.snapshot.Jobs[job.ID].Shape
		if asked.Capacity == launched.Capacity {
			continue
		}
		for _, offering := range asked.Offerings() {
			switch known := d.snapshot.NoCapacity.Known(offering); known.Why.Kind {
			case runner.ReasonOftenInterrupted:
				return "on demand, for EC2 took spot instances back too often"
			case runner.ReasonNone:
			default:
				return "on demand, for EC2 gives us no spot instances"
			}
		}
		return "on demand, for EC2 has no spot capacity"
	}
	return ""
}
