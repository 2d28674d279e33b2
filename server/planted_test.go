package server_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// sound is a scene with nothing wrong: a job that runs, and one that waits for an instance that boots.
func sound() *scene {
	class := runner.Class{Scope: runner.Repository{FullName: repository}, Labels: []string{small}}
	launched := noon.Add(-time.Minute)
	name := runner.Name(stack, "i-1", 1)
	slots := []runner.Slot{{Job: 1, Class: class}, {Job: 2, Class: class}}
	return &scene{
		now:      noon,
		promises: promises{maxRunners: 2, launchRate: 1, maxRuntime: time.Hour, surplus: time.Minute},
		jobs: map[int64]runner.Job{
			1: {ID: 1, Class: class, State: runner.JobRunning, Attempts: 1, Runner: name},
			2: {
				ID: 2, Class: class, State: runner.JobQueued, Attempts: 1, Reason: runner.Booting(),
				Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: launched},
			},
		},
		runners: map[string]runner.Runner{
			"i-1": {Instance: "i-1", Class: class, State: runner.RunnerBusy, Job: 1},
			"i-2": {Instance: "i-2", Class: class, State: runner.RunnerBooting},
		},
		launches: map[string]runner.Launch{
			"l": {ID: "l", State: runner.LaunchClosed, Slots: slots, Request: runner.LaunchRequest{Count: 2}},
		},
		hub: localhub.Books{
			Jobs: []localhub.JobEntry{
				{ID: 1, Repository: repository, Labels: []string{small}, State: localhub.InProgress, Created: launched, RunnerName: name},
				{ID: 2, Repository: repository, Labels: []string{small}, State: localhub.Queued, Created: launched},
			},
			Runners: []localhub.RunnerEntry{{Name: name, Online: true, Job: 1}},
		},
		cloud: localcloud.Books{Launched: 2, MaxConcurrent: 2},
		instances: []localcloud.InstanceEntry{
			{ID: "i-1", Launch: "l", State: localcloud.Running, LaunchedAt: launched},
			{ID: "i-2", Launch: "l", State: localcloud.Running, LaunchedAt: launched},
		},
		short: map[string]time.Time{},
	}
}

// over is the same at rest: both jobs have ended well, and both instances are gone.
func over() *scene {
	s := sound()
	s.atRest = true
	ended := noon.Add(-10 * time.Second)
	for i, id := range []int64{1, 2} {
		job := s.jobs[id]
		job.State = runner.JobCompleted
		s.jobs[id] = job
		s.hub.Jobs[i].State, s.hub.Jobs[i].Completed = localhub.Completed, ended
		s.instances[i].State, s.instances[i].TerminatedAt = localcloud.Terminated, ended
		row := s.runners[s.instances[i].ID]
		row.State = runner.RunnerTerminated
		s.runners[row.Instance] = row
	}
	s.hub.Runners = nil
	return s
}

// second changes the job that waits.
func (s *scene) second(change func(*runner.Job)) {
	job := s.jobs[2]
	change(&job)
	s.jobs[2] = job
}

func (s *scene) runner(id string, change func(*runner.Runner)) {
	row := s.runners[id]
	change(&row)
	s.runners[id] = row
}

func (s *scene) later(wait time.Duration) { s.now = s.now.Add(wait) }

func TestASoundSceneHasNoViolation(t *testing.T) {
	for what, s := range map[string]*scene{"at work": sound(), "at rest": over()} {
		if got := violations(*s); len(got) != 0 {
			t.Errorf("%s: got %q, want none", what, got)
		}
	}
}

// planted is something wrong with a scene: the invariant that it breaks, and what is said of it.
type planted struct {
	id, says string
	plant    func(*scene)
}

var plantedAtWork = []planted{
	{"I-1", "job 2 has had 6 attempts", func(s *scene) { s.second(func(j *runner.Job) { j.Attempts = 6 }) }},
	{"I-1", "job 2 has had -1 attempts", func(s *scene) { s.second(func(j *runner.Job) { j.Attempts = -1 }) }},
	{"I-1", "launch l made more than", func(s *scene) {
		s.instances = append(s.instances, localcloud.InstanceEntry{ID: "i-3", Launch: "l", State: localcloud.Terminated})
	}},
	{"I-3", "i-1 has outlived", func(s *scene) { s.later(70 * time.Minute) }},
	{"I-4", "i-1 had more than one job", func(s *scene) {
		s.hub.Foreign = []localhub.JobEntry{{ID: 3, RunnerName: runner.Name(stack, "i-1", 2)}}
	}},
	{"I-4", "i-1 is running long after its job 1 ended", func(s *scene) { s.hub.Jobs[0].Completed = noon.Add(-2*time.Minute - 1) }},
	{"I-5", "i-2, of launch l, has no row", func(s *scene) { delete(s.runners, "i-2"); s.later(6 * time.Minute) }},
	{"I-6", "the record has i-2 as booting", func(s *scene) {
		s.instances[1].State, s.instances[1].TerminatedAt = localcloud.Terminated, noon.Add(-2*time.Minute-1)
	}},
	{"I-6", "the record has i-2 as gone", func(s *scene) { s.runner("i-2", func(r *runner.Runner) { r.State = runner.RunnerTerminated }) }},
	{"I-8", "has fewer runners", func(s *scene) { s.short["0:octo/repo:0 x"] = noon.Add(-90*time.Second - 1) }},
	{"I-9", "GitHub's limit", func(s *scene) { s.hub.MaxPoints = 901 }},
	{"I-9", "GitHub's limit", func(s *scene) { s.hub.Limited = 1 }},
	{"I-9", "EC2's limits", func(s *scene) { s.cloud.Throttled = 1 }},
	{"I-9", "more than 2 instances at once", func(s *scene) { s.cloud.MaxConcurrent = 3 }},
	{"I-9", "more than 2 instances were launched within a second", func(s *scene) {
		s.instances = append(s.instances, localcloud.InstanceEntry{ID: "i-3", State: localcloud.Terminated, LaunchedAt: s.instances[0].LaunchedAt})
	}},
	{"I-11", "job 2 is queued, and nobody says why", func(s *scene) {
		s.second(func(j *runner.Job) { j.Reason = runner.NoReason() })
		s.later(1)
	}},
	{"I-11", "the record has never heard of it", func(s *scene) { delete(s.jobs, 2); s.later(9*time.Minute + 1) }},
	{"I-12", "i-2 is booting, and no job wants it", func(s *scene) {
		for i := range s.hub.Jobs {
			s.hub.Jobs[i].State, s.hub.Jobs[i].Completed = localhub.Completed, noon
		}
		s.later(2*time.Minute + 1)
	}},
	{"I-13", "is on GitHub, long after", func(s *scene) {
		s.instances[0].State, s.instances[0].TerminatedAt = localcloud.Terminated, noon.Add(-30*time.Minute-1)
		s.hub.Runners[0].Online = false
	}},
	{"I-14", "i-9 was ended, which is not in the record", func(s *scene) { s.ended = []ending{{instance: "i-9"}} }},
	{"I-14", "i-1 was ended while it ran job 1", func(s *scene) { s.ended = []ending{{instance: "i-1", known: true, job: 1}} }},
}

var plantedAtRest = []planted{
	{"I-8", "has fewer runners", func(s *scene) { s.short["0:octo/repo:0 x"] = noon }},
	{"I-11", "job 2 is queued at the end", func(s *scene) { s.second(func(j *runner.Job) { j.State = runner.JobQueued }) }},
	{"I-11", "job 2 ended as refused with no reason", func(s *scene) {
		s.second(func(j *runner.Job) { j.State, j.Reason = runner.JobRefused, runner.NoReason() })
	}},
	{"I-18", "i-2 is running at the end", func(s *scene) { s.instances[1].State = localcloud.Running }},
	{"I-18", "the record has i-2 as finished at the end", func(s *scene) {
		s.runner("i-2", func(r *runner.Runner) { r.State = runner.RunnerFinished })
	}},
	{"S19", `"build" of run 7 was run again twice`, func(s *scene) {
		s.hub.Reruns = []localhub.Rerun{{RunID: 7, Name: "build"}, {RunID: 7, Name: "lint"}, {RunID: 7, Name: "build"}}
	}},
	{"S19", "job 2 was interrupted, and waits", func(s *scene) { s.second(func(j *runner.Job) { j.Reason = runner.AwaitsRerun() }) }},
	{"S19", "job 2 was told that it runs again", func(s *scene) { s.second(func(j *runner.Job) { j.Reason = runner.RunsAgain() }) }},
	{"I-18", "launch l is open at the end", func(s *scene) { s.launches["l"] = runner.Launch{ID: "l", State: runner.LaunchOpen} }},
}

func TestTheCheckerSeesWhatBreaksAnInvariant(t *testing.T) {
	seen := map[string]bool{}
	try := func(p planted, s *scene) {
		p.plant(s)
		seen[p.id] = true
		got := strings.Join(violations(*s), "\n")
		if want := p.id + ": "; !strings.Contains(got, want) || !strings.Contains(got, p.says) {
			t.Errorf("planted %s %q, the checker says %q", p.id, p.says, got)
		}
	}
	for _, p := range plantedAtWork {
		try(p, sound())
	}
	for _, p := range plantedAtRest {
		try(p, over())
	}
	for _, invariant := range invariants {
		if !seen[invariant.id] {
			t.Errorf("%s is never broken here", invariant.id)
		}
	}
}

func TestPatienceIsForFaultsAlone(t *testing.T) {
	s := sound()
	s.later(70 * time.Minute)
	s.promises.patience = 10 * time.Minute
	for _, violation := range violations(*s) {
		if strings.HasPrefix(violation, "I-3: ") {
			t.Errorf("with 10 minutes of patience the checker says %q", violation)
		}
	}
}

func TestAClassIsShortOfWhatItsJobsArePromised(t *testing.T) {
	s := sound()
	if got := s.shortages(); len(got) != 0 {
		t.Errorf("short of runners: %q, want none", got)
	}
	s.runner("i-2", func(r *runner.Runner) { r.State = runner.RunnerFailed })
	if got := s.shortages(); len(got) != 1 {
		t.Errorf("short of runners: %q, want the one whose runner failed", got)
	}
	s.second(func(j *runner.Job) { j.Reason = runner.MaxRunners(2) })
	if got := s.shortages(); len(got) != 0 {
		t.Errorf("short of runners: %q, want none: the job is told why it waits", got)
	}
}

func TestTheSecretIsFoundInAnyForm(t *testing.T) {
	for _, text := range []string{"x " + canary, "eyJ" + base64.StdEncoding.EncodeToString([]byte(canary+"!"))} {
		if !secretIn(text) {
			t.Errorf("the secret is not found in %q", text)
		}
	}
	if secretIn("jit-secret") {
		t.Error("the secret is found where none is")
	}
}

func TestTheCheckerLooksAfterEveryPass(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		var reported []string
		report := w.checker.report
		w.checker.report = func(violation string) { reported = append(reported, violation) }
		w.checker.promises.maxRunners = 0
		w.queueJobs(1, small)
		w.delivered(1)
		w.pass(w.server)
		if len(reported) != 1 || !strings.HasPrefix(reported[0], "I-9: ") {
			t.Errorf("after a pass that launched too many the checker says %q, want one violation of I-9", reported)
		}
		w.checker.report = report
		w.checker.promises.maxRunners = 200
		w.run()
		w.settle(time.Minute)
	})
}

func TestTheCheckerSeesAServerThatSpins(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		reported := 0
		w.checker.report = func(string) { reported++ }
		for range mostPasses + 1 {
			w.pass(w.server)
		}
		if reported != 1 {
			t.Errorf("%d passes in no time are reported %d times, want once", mostPasses+1, reported)
		}
	})
}
