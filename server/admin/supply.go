package admin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Runner is one runner whose instance may still be there, for people.
type Runner struct {
	Instance string
	Offering runner.Offering
	State    runner.RunnerState
	Why      runner.Reason
	Job      int64         // that it took; 0 is none
	JobName  string        // its name, if it is known
	Age      time.Duration // since its instance was first known
}

// Offering is what came of one offering lately.
type Offering struct {
	runner.Offering
	Launched int           // instances, those that are there and those that ended lately
	There    int           // of them, those that may still be there
	Failed   int           // of them, those that never ran a job
	OutUntil time.Time     // it is left alone until then; zero if it is not
	Why      runner.Reason // it is left alone, if not because EC2 has no capacity
}

// runnersOf are the runners whose instances may still be there, oldest first.
func runnersOf(known Known, now time.Time) []Runner {
	rows := make([]Runner, 0, len(known.Runners.Live))
	names := map[int64]string{}
	for job := range known.Jobs.all() {
		if job.Runner != "" {
			names[job.ID] = job.Name
		}
	}
	for _, r := range known.Runners.Live {
		row := runnerOf(r, now)
		row.JobName = names[row.Job]
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Runner) int {
		return cmp.Or(cmp.Compare(b.Age, a.Age), strings.Compare(a.Instance, b.Instance))
	})
	return rows
}

func runnerOf(r *runner.Runner, now time.Time) Runner {
	if !r.Live() {
		now = r.Stamps[r.State]
	}
	why := r.Reason
	if r.Leaving != runner.NoReason() {
		why = r.Leaving
	}
	return Runner{Instance: r.Instance, Offering: r.Offering, State: r.State, Why: why, Job: r.Job, Age: max(0, now.Sub(r.Since()))}
}

// offeringsOf are the offerings of which anything is known, the most used first.
func offeringsOf(known Known, now time.Time) []Offering {
	rows := map[runner.Offering]Offering{}
	for r := range known.Runners.all() {
		row := rows[r.Offering]
		row.Launched++
		if r.Live() {
			row.There++
		}
		if _, failed := r.Stamps[runner.RunnerFailed]; failed {
			row.Failed++
		}
		rows[r.Offering] = row
	}
	for _, out := range known.NoCapacity.Out {
		if !out.Until.After(now) {
			continue
		}
		row := rows[out.Offering]
		row.OutUntil, row.Why = out.Until, out.Why
		rows[out.Offering] = row
	}
	sorted := make([]Offering, 0, len(rows))
	for offering, row := range rows {
		row.Offering = offering
		sorted = append(sorted, row)
	}
	slices.SortFunc(sorted, func(a, b Offering) int {
		return cmp.Or(cmp.Compare(b.Launched, a.Launched), strings.Compare(a.String(), b.String()))
	})
	return sorted
}
