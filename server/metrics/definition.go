package metrics

import (
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Kind is what Prometheus does with a metric.
type Kind string

// The kinds of metrics.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Other is the value of a label for whatever is none of its values.
const Other = "other"

// Label tells a metric's series apart.
type Label struct {
	Name   string
	Values []string // all there are, beside Other; nil if something else bounds them
}

// Definition is a metric.
type Definition struct {
	Name    string
	Kind    Kind
	Help    string
	Labels  []Label
	Buckets []float64 // of a histogram, seconds
}

func (d Definition) labelNames() []string {
	names := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		names[i] = label.Name
	}
	return names
}

// series are all combinations of the labels' values.
func (d Definition) series() [][]string {
	all := [][]string{nil}
	for _, label := range d.Labels {
		var longer [][]string
		for _, begun := range all {
			for _, value := range label.Values {
				longer = append(longer, append(slices.Clone(begun), value))
			}
		}
		all = longer
	}
	return all
}

// The labels.
var (
	capacityType = Label{"capacity_type", texts([]runner.CapacityType{runner.OnDemand, runner.Spot})}
	conclusion   = Label{"conclusion", conclusions}
	jobState     = Label{"state", texts(runner.JobStates[1:])}
	reasonKind   = Label{"reason_kind", texts(runner.ReasonKinds())}
	runnerState  = Label{"state", texts(runner.RunnerStates)}
	phase        = Label{"phase", phases}
)

// conclusions are those of a workflow job.
// Source: docs.github.com, "Webhook events and payloads", workflow_job.
var conclusions = []string{
	"success", "failure", "cancelled", "skipped", "timed_out", "neutral", "action_required", "stale", "startup_failure",
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}
