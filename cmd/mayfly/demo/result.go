package demo

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Totals is the demo in numbers, from GitHub's and AWS's own books. What the server believes is not
// among them.
type Totals struct {
	Jobs              int     `json:"jobs"`
	Completed         int     `json:"completed"`
	Succeeded         int     `json:"succeeded"`
	Reran             int     `json:"reran,omitzero"`   // after their instance was taken back
	Skipped           int     `json:"skipped,omitzero"` // for what they need, or for their `if`
	Lost              int     `json:"lost"`             // not completed at the end
	InstancesLaunched int     `json:"instances_launched"`
	InstancesLeft     int     `json:"instances_left"`
	EC2Calls          int     `json:"ec2_calls"`
	GitHubCalls       int     `json:"github_calls"`
	QueueSeconds      Seconds `json:"queue_seconds"` // of the jobs that started
	// Faults is how often each kind fired. It is nil where nothing was to go wrong.
	Faults map[string]int `json:"faults,omitzero"`
}

// Seconds are percentiles, in seconds.
type Seconds struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Result is what came of a demo.
type Result struct {
	Totals
	Rows []Row // a job each, in the order in which they were queued
	Took time.Duration

	kept bool // it went on when all was done, until it was interrupted
}

// Row is what came of one job.
type Row struct {
	Job      string
	Shape    string
	Instance string // empty if no runner took it
	Type     string // of the instance
	Queue    time.Duration
	Result   string // a conclusion, or else how far the job came
	Log      string
}

// faultsOf is how often each kind of fault fired.
func faultsOf(hub localhub.Books, cloud localcloud.Books) map[string]int {
	faults := map[string]int{}
	maps.Copy(faults, hub.Faults)
	maps.Copy(faults, cloud.Faults)
	return faults
}

// newResult reads the books. Offerings are what the instances are.
func newResult(hub localhub.Books, cloud localcloud.Books, offerings map[string]runner.Offering, took time.Duration) Result {
	last := hub
	last.Jobs = slices.DeleteFunc(slices.Clone(hub.Jobs), func(job localhub.JobEntry) bool { return job.Replaced })
	r := Result{Took: took, Totals: Totals{
		Jobs: len(last.Jobs), Completed: len(last.Jobs) - last.Unfinished(), Succeeded: last.Concluded(localhub.Success),
		Reran: len(hub.Reruns), Skipped: last.Concluded(localhub.Skipped), Lost: last.Unfinished(),
		InstancesLaunched: cloud.Launched, InstancesLeft: cloud.Left, GitHubCalls: hub.TotalCalls,
	}}
	for _, calls := range cloud.Calls {
		r.EC2Calls += calls
	}
	var queued []time.Duration
	for _, job := range hub.Jobs {
		row := newRow(job, offerings)
		r.Rows = append(r.Rows, row)
		if !job.Started.IsZero() {
			queued = append(queued, row.Queue)
		}
	}
	r.QueueSeconds = Seconds{P50: percentile(queued, 50), P99: percentile(queued, 99)}
	return r
}

func newRow(job localhub.JobEntry, offerings map[string]runner.Offering) Row {
	row := Row{Job: job.Name, Result: cmp.Or(job.Conclusion, job.State), Log: job.Log}
	row.Instance, _ = runner.InstanceOf(stack, job.RunnerName)
	offering := offerings[row.Instance]
	row.Type = offering.Type
	if ask, err := labels.Parse(job.Labels); err == nil {
		ask.Capacity = cmp.Or(offering.Capacity, ask.Capacity) // on demand, where there is no spot, and once it was interrupted
		row.Shape = ask.Name()
	}
	if job.RunAttempt > 1 {
		row.Job += fmt.Sprintf(", attempt %d", job.RunAttempt)
	}
	if job.Replaced {
		row.Result += ", run again"
	}
	if !job.Started.IsZero() {
		row.Queue = job.Started.Sub(job.Created)
	}
	return row
}

// percentile is the least of the durations that p per cent of them do not exceed (nearest rank), in
// seconds with three decimals; 0 of none.
func percentile(of []time.Duration, p int) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	rank := (len(sorted)*p + 99) / 100
	return math.Round(sorted[rank-1].Seconds()*1000) / 1000
}

// good says whether every job succeeded that was not skipped, none is lost, and no instance is left. With faults, a job
// may be cut short with its instance: then it is enough that it has completed.
func (r Result) good() bool {
	well := r.Succeeded + r.Skipped
	if r.Faults != nil {
		well = r.Completed
	}
	return well == r.Jobs && r.Lost == 0 && r.InstancesLeft == 0
}

// undone is what an interrupted demo leaves undone.
func (r Result) undone() string {
	if r.Jobs == 0 {
		return "nothing had begun."
	}
	return fmt.Sprintf("%d of %s not completed; %s ended early.",
		r.Lost, count(r.Jobs, "job"), count(r.InstancesLeft, "instance"))
}

// count is a number and what is counted.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
