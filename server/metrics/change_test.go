package metrics_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/metrics"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func after(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

func one(name string, labels ...string) metrics.Observation {
	return metrics.Observation{Name: "mayfly_" + name, Value: 1, Labels: labels}
}

func took(seconds float64, name string, labels ...string) metrics.Observation {
	return metrics.Observation{Name: "mayfly_" + name + "_duration_seconds", Value: seconds, Labels: labels}
}

func TestWhatAChangeOfAJobMeans(t *testing.T) {
	queued := runner.Job{ID: 1, State: runner.JobQueued, CreatedAt: after(-4), Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: t0}}
	approved := queued
	approved.Stamps = runner.Stamps[runner.JobState]{runner.JobWaiting: after(-4), runner.JobQueued: t0}
	decided := queued
	decided.DecidedAt = after(2)
	running := to(t, queued, runner.JobRunning, after(30), runner.NoReason())
	ended := to(t, running, runner.JobCompleted, after(90), runner.NoReason())
	ended.Conclusion = "success"
	for name, test := range map[string]struct {
		was, is runner.Job
		want    []metrics.Observation
	}{
		"queued":          {runner.Job{}, queued, []metrics.Observation{one("job_transitions_total", "queued", "")}},
		"told the same":   {queued, queued, nil},
		"told why":        {queued, queued.Because(runner.EC2Rate(), after(1)), []metrics.Observation{one("job_waits_total", "ec2_rate")}},
		"first launch":    {queued, decided, []metrics.Observation{took(2, "phase", "decided")}},
		"second launch":   {decided, decided, nil},
		"taken":           {queued, running, []metrics.Observation{one("job_transitions_total", "running", ""), took(30, "internal_queue"), took(34, "overall_queue")}},
		"taken, approved": {approved, to(t, approved, runner.JobRunning, after(30), runner.NoReason()), []metrics.Observation{one("job_transitions_total", "running", ""), took(30, "internal_queue"), took(30, "overall_queue")}},
		"ended":           {running, ended, []metrics.Observation{one("job_transitions_total", "completed", ""), one("jobs_completed_total", "success"), took(60, "job", "success")}},
		"refused":         {queued, to(t, queued, runner.JobRefused, after(1), runner.Gone()), []metrics.Observation{one("job_transitions_total", "refused", "gone")}},
	} {
		t.Run(name, func(t *testing.T) {
			got := metrics.Of(runner.NewSnapshot(test.was), test.is)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func to(t *testing.T, job runner.Job, state runner.JobState, at time.Time, why runner.Reason) runner.Job {
	t.Helper()
	job, err := job.To(state, at, why)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func move(t *testing.T, r runner.Runner, state runner.RunnerState, at time.Time, why runner.Reason) runner.Runner {
	t.Helper()
	r, err := r.To(state, at, why)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatAChangeOfARunnerMeans(t *testing.T) {
	launch := runner.Launch{ID: "l", State: runner.LaunchOpen, DecidedAt: after(-3)}
	launching := runner.NewRunner("l", runner.Slot{}, runner.Instance{ID: "i-1", Offering: runner.Offering{Capacity: runner.Spot}}, t0)
	booting := move(t, launching, runner.RunnerBooting, after(1), runner.NoReason())
	idle := timed(move(t, booting, runner.RunnerIdle, after(9), runner.NoReason()), "instance launched", 0, "agent started", 6, "listening", 8)
	busy := timed(move(t, idle, runner.RunnerBusy, after(12), runner.NoReason()), "instance launched", 0, "agent started", 6, "listening", 8, "job started", 11)
	finished := move(t, busy, runner.RunnerFinished, after(60), runner.JobEnded(7))
	gone := move(t, finished, runner.RunnerTerminated, after(65), runner.JobEnded(7))
	for name, test := range map[string]struct {
		was, is runner.Item
		want    []metrics.Observation
	}{
		"launched":               {launch, launching, []metrics.Observation{took(3, "phase", "launched"), one("instances_launched_total", "spot"), one("runner_transitions_total", "launching", "")}},
		"assigned":               {launching, booting, []metrics.Observation{one("runner_transitions_total", "booting", ""), took(1, "phase", "booting")}},
		"listens":                {booting, idle, []metrics.Observation{one("runner_transitions_total", "idle", ""), took(6, "phase", "agent"), took(2, "phase", "listening")}},
		"works":                  {idle, busy, []metrics.Observation{one("runner_transitions_total", "busy", ""), took(3, "phase", "started")}},
		"told again":             {busy, busy, nil},
		"gone":                   {finished, gone, []metrics.Observation{one("runner_transitions_total", "terminated", "job_ended"), took(5, "phase", "terminated")}},
		"told after its end":     {launch, gone, nil},
		"unknown":                {launch, runner.Runner{Instance: "i-2", State: runner.RunnerFailed, Reason: runner.UnknownInstance()}, []metrics.Observation{one("runner_transitions_total", "failed", "unknown_instance")}},
		"interrupted, busy":      {busy, move(t, busy, runner.RunnerInterrupted, after(20), runner.Interrupted()), []metrics.Observation{one("runner_transitions_total", "interrupted", "interrupted"), one("interruptions_total")}},
		"interrupted, idle":      {idle, idle.Leave(runner.Interrupted(), after(20)), []metrics.Observation{one("interruptions_total")}},
		"interrupted, then gone": {idle.Leave(runner.Interrupted(), after(20)), move(t, idle, runner.RunnerFailed, after(21), runner.Interrupted()), []metrics.Observation{one("runner_transitions_total", "failed", "interrupted")}},
		"lies about its clock":   {booting, timed(booting, "instance launched", 0, "agent started", 1e8, "listening", 5), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := metrics.Of(runner.NewSnapshot(test.was), test.is)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestARerunIsCountedOnceItIsSettled(t *testing.T) {
	waits := runner.Rerun{Run: 7, Jobs: []runner.CutShort{{ID: 1}, {ID: 2}}}
	settled := func(r runner.Rerun) runner.Rerun {
		r.Settled = true
		return r
	}
	counted := func(outcome string) []metrics.Observation {
		return []metrics.Observation{{Name: "mayfly_reruns_total", Value: 2, Labels: []string{outcome}}}
	}
	for name, test := range map[string]struct {
		was, is runner.Rerun
		want    []metrics.Observation
	}{
		"asked":        {waits, waits.Ask(), nil},
		"run again":    {waits.Ask(), settled(waits.Ask()), counted("done")},
		"left":         {waits, settled(waits), counted("left")},
		"settled once": {settled(waits), settled(waits), nil},
	} {
		if diff := cmp.Diff(test.want, metrics.Of(runner.NewSnapshot(test.was), test.is)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// timed is a runner whose agent told of steps, each with the second at which it was.
func timed(r runner.Runner, steps ...any) runner.Runner {
	r.Timings = nil
	for i := 0; i < len(steps); i += 2 {
		second := 0
		switch at := steps[i+1].(type) {
		case int:
			second = at
		case float64:
			second = int(at)
		}
		r.Timings = append(r.Timings, runner.Timing{Step: steps[i].(string), At: after(second)})
	}
	return r
}
