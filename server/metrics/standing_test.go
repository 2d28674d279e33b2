package metrics_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/metrics"
)

func standing() runner.Snapshot {
	s := runner.NewSnapshot(
		runner.Job{ID: 1, State: runner.JobQueued, Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: after(-90)}},
		runner.Job{ID: 2, State: runner.JobQueued, Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: after(-5)}},
		runner.Job{ID: 3, State: runner.JobRunning, Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: after(-900)}},
		runner.Runner{Instance: "i-1", State: runner.RunnerBusy},
	)
	s.Now = t0
	s.Buckets.Fleet = s.Buckets.Fleet.Take(50, t0)
	s.Buckets = s.Buckets.Spend(runner.AccountOf(7, "octo/repo"), runner.LaneJIT, 100, t0)
	return s
}

func stand(s runner.Snapshot) metrics.Standing {
	var jobs []*runner.Job
	for _, job := range s.Jobs {
		jobs = append(jobs, &job)
	}
	var runners []*runner.Runner
	for _, r := range s.Runners {
		runners = append(runners, &r)
	}
	return metrics.Stand(s.Now, jobs, runners, s.Buckets)
}

func TestHowThingsStandAtAScrape(t *testing.T) {
	got := map[string]float64{}
	for _, o := range stand(standing()).Observations(after(2)) {
		got[fmt.Sprint(o.Name, o.Labels)] = o.Value
	}
	want := map[string]float64{
		"mayfly_jobs[waiting]": 0, "mayfly_jobs[queued]": 2, "mayfly_jobs[running]": 1,
		"mayfly_runners[launching]": 0, "mayfly_runners[booting]": 0, "mayfly_runners[idle]": 0, "mayfly_runners[busy]": 1,
		"mayfly_runners[finished]": 0, "mayfly_runners[failed]": 0, "mayfly_runners[interrupted]": 0,
		"mayfly_oldest_queued_job_seconds[]": 92, "mayfly_ec2_tokens[fleet_calls]": 10, "mayfly_ec2_tokens[instances]": 1000,
		"mayfly_github_points[7 octo]": 800,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhoeverMakesNoPassesDoesNotKnowHowThingsStand(t *testing.T) {
	if got := stand(standing()).Observations(t0.Add(6 * time.Minute)); got != nil {
		t.Errorf("got %v six minutes after the last pass, want none", got)
	}
}

func TestAnAccountThatGitHubHasClosedHasNoPoints(t *testing.T) {
	s := standing()
	s.Buckets = s.Buckets.Close(runner.AccountOf(7, "octo/repo"), after(60))
	all := stand(s).Observations(t0)
	if got := all[len(all)-1]; got.Value != 0 || got.Labels[1] != "octo" {
		t.Errorf("got %v, want octo with none", got)
	}
}

func TestOnlyTheAccountsThatHaveLeastAreShown(t *testing.T) {
	s := standing()
	for i := range 100 {
		s.Buckets = s.Buckets.Spend(runner.AccountOf(7, fmt.Sprintf("owner-%d/repo", i)), runner.LaneJIT, i, t0)
	}
	var shown []metrics.Observation
	for _, o := range stand(s).Observations(t0) {
		if o.Name == "mayfly_github_points" {
			shown = append(shown, o)
		}
	}
	if len(shown) != 20 || shown[0].Labels[1] != "octo" || shown[1].Labels[1] != "owner-99" {
		t.Errorf("got %v, want 20, those that have least first", shown)
	}
}
