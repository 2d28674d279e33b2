package server_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// tick is how long the server may take to look at the world again.
const tick = time.Minute

// broken notes that an invariant does not hold of something.
type broken func(format string, args ...any)

// invariant is what has to hold after every pass, whatever went wrong. The ids are those of the
// reliability notes.
type invariant struct {
	id    string
	holds func(s scene, broken broken)
}

var invariants = []invariant{
	{"I-1", attemptsAreCounted},
	{"I-3", noInstanceOutlivesItsRuntime},
	{"I-4", oneJobAnInstance},
	{"I-5", everyInstanceHasARow},
	{"I-6", noRowIsWrongAboutItsInstance},
	{"I-8", supplyMeetsDemand},
	{"I-9", noLimitIsExceeded},
	{"I-11", everyJobHasItsReason},
	{"I-12", noInstanceStaysForNothing},
	{"I-13", nothingIsLeftOnGitHub},
	{"I-14", onlyOursAndOnlyIdleOnesAreEnded},
	{"I-18", atRestNothingIsLeft},
}

// violations are all that is wrong with a scene.
func violations(s scene) []string {
	var all []string
	for _, invariant := range invariants {
		invariant.holds(s, func(format string, args ...any) {
			all = append(all, invariant.id+": "+fmt.Sprintf(format, args...))
		})
	}
	return all
}

func attemptsAreCounted(s scene, broken broken) {
	for id, job := range s.jobs {
		if job.Attempts > runner.MaxAttempts || job.Attempts < 0 {
			broken("job %d has had %d attempts", id, job.Attempts)
		}
	}
	made := map[string]int{}
	for _, instance := range s.instances {
		made[instance.Launch]++
	}
	for id, count := range made {
		if launch, known := s.launches[id]; known && count > launch.Request.Count {
			broken("launch %s made more than its %d instances", id, launch.Request.Count)
		}
	}
}

func noInstanceOutlivesItsRuntime(s scene, broken broken) {
	for _, instance := range s.instances {
		if up(instance) && s.since(instance.LaunchedAt, s.promises.maxRuntime+10*time.Minute) {
			broken("%s has outlived its maximum runtime of %v", instance.ID, s.promises.maxRuntime)
		}
	}
}

func oneJobAnInstance(s scene, broken broken) {
	work := s.work()
	for _, instance := range s.instances {
		jobs := work[instance.ID]
		if len(jobs) > 1 {
			broken("%s had more than one job", instance.ID)
		}
		for _, job := range jobs {
			if up(instance) && s.since(job.Completed, 2*time.Minute) {
				broken("%s is %s long after its job %d ended", instance.ID, instance.State, job.ID)
			}
		}
	}
}

func everyInstanceHasARow(s scene, broken broken) {
	for _, instance := range s.instances {
		if _, known := s.runners[instance.ID]; !known && up(instance) && s.since(instance.LaunchedAt, 5*time.Minute+tick) {
			broken("%s, of launch %s, has no row in the record", instance.ID, instance.Launch)
		}
	}
}

func noRowIsWrongAboutItsInstance(s scene, broken broken) {
	for _, instance := range s.instances {
		row, known := s.runners[instance.ID]
		switch {
		case known && row.Live() && s.since(instance.TerminatedAt, 2*tick):
			broken("the record has %s as %s, long after its end", instance.ID, row.State)
		case known && !row.Live() && up(instance):
			broken("the record has %s as gone, but it is %s", instance.ID, instance.State)
		}
	}
}

func supplyMeetsDemand(s scene, broken broken) {
	for class, since := range s.short {
		if s.atRest || s.since(since, tick+30*time.Second) {
			broken("class %q has fewer runners than jobs that wait for one", class)
		}
	}
}

func noLimitIsExceeded(s scene, broken broken) {
	if s.hub.MaxPoints > runner.GitHubPoints || s.hub.Limited > 0 {
		broken("GitHub's limit of %d points a minute was reached", runner.GitHubPoints)
	}
	if s.cloud.Throttled > 0 {
		broken("EC2's limits were exceeded")
	}
	// An instance whose tag was lost together with the answer is not known until a sweep finds it.
	if most := s.promises.maxRunners + s.cloud.Faults[localcloud.TagsLost]; s.cloud.MaxConcurrent > most {
		broken("there were more than %d instances at once", most)
	}
	for i, first := range s.instances {
		last := i + 2*s.promises.launchRate
		if last < len(s.instances) && s.instances[last].LaunchedAt.Sub(first.LaunchedAt) < time.Second {
			broken("more than %d instances were launched within a second", 2*s.promises.launchRate)
			return
		}
	}
}

func everyJobHasItsReason(s scene, broken broken) {
	for id, job := range s.jobs {
		if job.State == runner.JobQueued && job.Reason == runner.NoReason() && s.since(job.Stamps[runner.JobQueued], tick) {
			broken("job %d is queued, and nobody says why", id)
		}
	}
	for _, entry := range s.hub.Jobs {
		job, known := s.jobs[entry.ID]
		switch {
		case labels.Elsewhere(entry.Labels, labels.DefaultEnv, "us-east-1") != "":
			if known {
				broken("job %d is for another stack, and the record has it as %s", entry.ID, job.State)
			}
		case !known && entry.State != localhub.Completed && s.since(entry.Created, 10*time.Minute):
			broken("job %d is %s, and the record has never heard of it", entry.ID, entry.State)
		case !s.atRest || !known:
		case job.Live():
			broken("job %d is %s at the end, on GitHub %s", entry.ID, job.State, entry.State)
		case job.State != runner.JobCompleted && job.Reason == runner.NoReason():
			broken("job %d ended as %s with no reason", entry.ID, job.State)
		}
	}
}

// noInstanceStaysForNothing: one that has no job goes, once no job wants its class.
func noInstanceStaysForNothing(s scene, broken broken) {
	wanted, lastEnd := map[string]bool{}, map[string]time.Time{}
	for _, job := range s.hub.Jobs {
		owner, _, _ := strings.Cut(job.Repository, "/")
		for _, class := range []string{classOf(job.Repository, job.Labels), classOf(owner, job.Labels)} {
			wanted[class] = wanted[class] || job.State != localhub.Completed
			if job.Completed.After(lastEnd[class]) {
				lastEnd[class] = job.Completed
			}
		}
	}
	work := s.work()
	for _, instance := range s.instances {
		row, known := s.runners[instance.ID]
		class := classOf(row.Class.Scope.FullName, row.Class.Labels)
		if !known || !up(instance) || wanted[class] || len(work[instance.ID]) > 0 {
			continue
		}
		useless := instance.LaunchedAt
		for _, later := range []time.Time{lastEnd[class], row.Stamps[runner.RunnerFailed]} {
			if later.After(useless) {
				useless = later
			}
		}
		if s.since(useless, time.Minute+s.promises.surplus) {
			broken("%s is %s, and no job wants it", instance.ID, row.State)
		}
	}
}

func nothingIsLeftOnGitHub(s scene, broken broken) {
	for _, registered := range s.hub.Runners {
		if registered.Online {
			continue
		}
		id, ours := runner.InstanceOf(stack, registered.Name)
		i := slices.IndexFunc(s.instances, func(entry localcloud.InstanceEntry) bool { return entry.ID == id })
		if ours && i >= 0 && s.since(s.instances[i].TerminatedAt, 30*time.Minute) {
			broken("runner %s is on GitHub, long after the end of its instance", registered.Name)
		}
	}
}

func onlyOursAndOnlyIdleOnesAreEnded(s scene, broken broken) {
	for _, ending := range s.ended {
		if !ending.known {
			broken("%s was ended, which is not in the record", ending.instance)
		}
		if ending.job != 0 {
			broken("%s was ended while it ran job %d", ending.instance, ending.job)
		}
	}
}

func atRestNothingIsLeft(s scene, broken broken) {
	if !s.atRest {
		return
	}
	for _, instance := range s.instances {
		if up(instance) {
			broken("%s is %s at the end", instance.ID, instance.State)
		}
	}
	for id, row := range s.runners {
		if row.Live() {
			broken("the record has %s as %s at the end", id, row.State)
		}
	}
	for id, launch := range s.launches {
		if launch.Live() {
			broken("launch %s is open at the end", id)
		}
	}
}
