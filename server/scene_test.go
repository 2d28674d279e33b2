package server_test

import (
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// scene is the whole world at one moment: what the record says, and what GitHub and EC2 know better.
type scene struct {
	now      time.Time
	atRest   bool // nothing more is to come
	promises promises

	// All that the record ever had, as it is now.
	jobs     map[int64]runner.Job
	runners  map[string]runner.Runner
	launches map[string]runner.Launch

	hub       localhub.Books
	cloud     localcloud.Books
	instances []localcloud.InstanceEntry

	short map[string]time.Time // the classes that have less than they need, and since when
	ended []ending
}

// promises are the numbers that a server was given to keep.
type promises struct {
	maxRunners int
	launchRate int
	maxRuntime time.Duration
	surplus    time.Duration // how long a runner stays that no job wants
	patience   time.Duration // how much later things may be because of faults
}

// ending is an instance that the server told EC2 to end.
type ending struct {
	instance string
	known    bool  // the record had a row of it
	job      int64 // that it was running, as it should
}

// remember puts what the record has into the scene.
func (s *scene) remember(items map[string]runner.Item) {
	s.jobs, s.runners, s.launches = map[int64]runner.Job{}, map[string]runner.Runner{}, map[string]runner.Launch{}
	for _, item := range items {
		switch item := item.(type) {
		case runner.Job:
			s.jobs[item.ID] = item
		case runner.Runner:
			s.runners[item.Instance] = item
		case runner.Launch:
			s.launches[item.ID] = item
		}
	}
}

// since says whether something has lasted for longer than it may.
func (s scene) since(at time.Time, bound time.Duration) bool {
	return !at.IsZero() && s.now.Sub(at) > bound+s.promises.patience
}

func up(instance localcloud.InstanceEntry) bool { return instance.State != localcloud.Terminated }

// work is every job that came to an instance of ours, by instance.
func (s scene) work() map[string][]localhub.JobEntry {
	work := map[string][]localhub.JobEntry{}
	for _, job := range slices.Concat(s.hub.Jobs, s.hub.Foreign) {
		if instance, ours := runner.InstanceOf(stack, job.RunnerName); ours {
			work[instance] = append(work[instance], job)
		}
	}
	return work
}

// classOf names the class of a job on GitHub, without what only the record knows.
func classOf(repository string, labels []string) string {
	return strings.ToLower(repository) + " " + strings.Join(runner.CanonicalLabels(labels), ",")
}

// shortages are the classes with fewer runners than jobs that are told that one is coming.
func (s scene) shortages() []string {
	lack := map[string]int{}
	for _, job := range s.jobs {
		if job.State == runner.JobQueued && promised(job.Reason) {
			lack[job.Class.Key()]++
		}
	}
	for _, r := range s.runners {
		if r.Supplies() || r.TookUnnamed() && r.Live() {
			lack[r.Class.Key()]--
		}
	}
	for _, launch := range s.launches {
		for _, slot := range launch.Slots {
			if launch.Live() {
				lack[slot.Class.Key()]--
			}
		}
	}
	var short []string
	for class, count := range lack {
		if count > 0 {
			short = append(short, class)
		}
	}
	return short
}

// promised says whether a reason is no reason to wait, but tells of a runner that comes.
func promised(reason runner.Reason) bool {
	switch reason.Kind {
	case runner.ReasonNone, runner.ReasonLaunching, runner.ReasonBooting, runner.ReasonListening, runner.ReasonTaken:
		return true
	default:
		return false
	}
}
