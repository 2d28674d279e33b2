package metrics

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var (
	liveJobs    = []runner.JobState{runner.JobWaiting, runner.JobQueued, runner.JobRunning}
	liveRunners = slices.DeleteFunc(slices.Clone(runner.RunnerStates), func(s runner.RunnerState) bool { return s == runner.RunnerTerminated })
)

// Standing is how things stood at a moment of a pass.
type Standing struct {
	at      time.Time
	jobs    map[runner.JobState]int
	runners map[runner.RunnerState]int
	oldest  time.Time // since when the job is queued that has been for longest
	budgets runner.Budgets
}

// current is how long a process that makes no passes knows how things stand: while it works, it makes
// one a minute.
const current = 5 * time.Minute

// Stand counts what was unfinished at a moment.
func Stand(at time.Time, jobs []*runner.Job, runners []*runner.Runner, budgets runner.Budgets) Standing {
	standing := Standing{at: at, jobs: map[runner.JobState]int{}, runners: map[runner.RunnerState]int{}, budgets: budgets}
	for _, job := range jobs {
		standing.jobs[job.State]++
		if job.State == runner.JobQueued {
			standing.oldest = runner.Earlier(standing.oldest, job.Stamps[job.State])
		}
	}
	for _, r := range runners {
		standing.runners[r.State]++
	}
	return standing
}

// Observations are the gauges at a moment; none once the standing is not current any more.
func (s Standing) Observations(now time.Time) (o []Observation) {
	if now.Sub(s.at) > current {
		return nil
	}
	for _, state := range liveJobs {
		o = append(o, Observation{jobsNow, float64(s.jobs[state]), []string{string(state)}})
	}
	for _, state := range liveRunners {
		o = append(o, Observation{runnersNow, float64(s.runners[state]), []string{string(state)}})
	}
	age := 0.0
	if !s.oldest.IsZero() {
		age = now.Sub(s.oldest).Seconds()
	}
	o = append(
		o, Observation{oldestQueued, age, nil},
		Observation{ec2Left, s.budgets.Fleet.Tokens(now), []string{"fleet_calls"}},
		Observation{ec2Left, s.budgets.Instances.Tokens(now), []string{"instances"}},
	)
	return append(o, points(s.budgets, now)...)
}

// points are what the accounts have left that have least.
func points(budgets runner.Budgets, now time.Time) []Observation {
	var all []Observation
	for key, budget := range budgets.GitHub {
		left := budget.All.Points(now)
		if budget.ClosedUntil.After(now) {
			left = 0
		}
		app, owner, _ := strings.Cut(key, "/")
		all = append(all, Observation{gitHubPoints, float64(left), []string{app, owner}})
	}
	slices.SortFunc(all, func(a, b Observation) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), slices.Compare(a.Labels, b.Labels))
	})
	return all[:min(len(all), gitHubAccounts)]
}

// standingCollector shows the gauges as they are at the moment of a scrape.
type standingCollector struct{ *Metrics }

// Describe implements prometheus.Collector.
func (c standingCollector) Describe(to chan<- *prometheus.Desc) {
	for _, gauge := range c.gauges {
		to <- gauge
	}
}

// Collect implements prometheus.Collector.
func (c standingCollector) Collect(to chan<- prometheus.Metric) {
	standing := c.standing.Load()
	if standing == nil {
		return
	}
	for _, o := range standing.Observations(time.Now()) {
		to <- prometheus.MustNewConstMetric(c.gauges[o.Name], prometheus.GaugeValue, o.Value, o.Labels...)
	}
}
