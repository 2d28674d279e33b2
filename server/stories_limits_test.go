package server_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

const elsewhere = "hexa/repo"

// limited has GitHub answer calls for a while with a limit, from the first on that is meant.
type limited struct {
	meant  func(localhub.Call) bool
	during time.Duration
	fault  localhub.Fault

	mu    sync.Mutex
	first time.Time
	calls int
}

func (l *limited) option(retryAfter time.Duration) option {
	return hubFaults(localhub.Faults{RetryAfter: retryAfter, Answer: func(call localhub.Call) localhub.Fault {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.meant(call) {
			return localhub.NoFault
		}
		if l.first.IsZero() {
			l.first = time.Now()
		}
		if time.Since(l.first) >= l.during {
			return localhub.NoFault
		}
		l.calls++
		return l.fault
	}})
}

// S14: while GitHub limits one installation it is left alone for as long as GitHub says, and the other
// goes on as if nothing were wrong. Then its jobs are done within 90 s.
func TestALimitedInstallationStallsNoOther(t *testing.T) {
	for _, fault := range []localhub.Fault{localhub.APILimited, localhub.APILimitedMute, localhub.APITooMany, localhub.APIUsedUp} {
		t.Run(string(fault), func(t *testing.T) {
			octo := &limited{during: 2 * time.Minute, fault: fault, meant: func(call localhub.Call) bool {
				return call.Route == jitRoute && strings.Contains(call.Path, repository)
			}}
			story(t, func(t *testing.T, w *world) {
				w.run()
				w.queueJobs(5, small)
				other := w.queueIn(elsewhere, small)
				time.Sleep(time.Minute)
				if entry := w.entry(other); entry.Conclusion != localhub.Success || entry.Started.Sub(entry.Created) > 15*time.Second {
					t.Errorf("the other installation's job is %q, started %v after it was queued", entry.State, entry.Started.Sub(entry.Created))
				}
				w.settle(2*time.Minute + 30*time.Second)
				w.wantSucceeded(6)
				w.wantLaunched(6)
			}, octo.option(time.Minute))
			if octo.calls > 15 {
				t.Errorf("GitHub was asked %d times within the limit, for five runners", octo.calls)
			}
		})
	}
}

// One App's limit is no reason to wait where there is another. Within a minute.
func TestALimitedAppStallsNoOther(t *testing.T) {
	var first int64
	mine := &limited{during: time.Hour, fault: localhub.APILimited, meant: func(call localhub.Call) bool {
		if first == 0 && call.Route == jitRoute {
			first = call.App
		}
		return call.Route == jitRoute && call.App == first
	}}
	two := option{hub: func(c *localhub.Config) { c.Apps = 2 }}
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(20, small)
		w.settle(time.Minute)
		w.wantSucceeded(20)
		w.wantLaunched(20)
	}, two, mine.option(time.Hour))
}

// S22: four rounds of five runners, each less than a minute.
func TestMaxRunnersIsNeverExceededAndAllJobsComplete(t *testing.T) {
	five := config(func(c *server.Config) { c.MaxRunners = 5 })
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(12, small)
		w.queueJobs(8, large)
		time.Sleep(20 * time.Second)
		told := 0
		for _, entry := range w.hub.Books().Jobs {
			if w.job(entry.ID).Reason.Kind == runner.ReasonMaxRunners {
				told++
			}
		}
		if told != 15 {
			t.Errorf("%d jobs are told that all runners are there, want 15", told)
		}
		w.settle(4 * time.Minute)
		w.wantSucceeded(20)
		w.wantLaunched(20)
		if most := w.cloud.Books().MaxConcurrent; most != 5 {
			t.Errorf("%d instances at once, want 5", most)
		}
		w.wantOldestFirst(small)
	}, five)
}

// wantOldestFirst wants jobs of one label to have been served in rounds, the older before the younger:
// within a round GitHub chooses.
func (w *world) wantOldestFirst(label string) {
	w.t.Helper()
	var last time.Duration
	for _, entry := range w.hub.Books().Jobs {
		if !slices.Equal(entry.Labels, []string{label}) {
			continue
		}
		wait := entry.Started.Sub(entry.Created)
		if wait < last-time.Minute {
			w.t.Errorf("job %q waited %v, an older one %v", entry.Name, wait, last)
		}
		last = max(last, wait)
	}
}

// With four runners a hundred jobs take 25 rounds; another repository's job has the first runner that
// comes free. Within a minute.
func TestABigMatrixDoesNotStarveAnotherRepository(t *testing.T) {
	four := config(func(c *server.Config) { c.MaxRunners = 4 })
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(100, small)
		time.Sleep(5 * time.Second)
		other := w.queueIn(elsewhere, small)
		time.Sleep(time.Minute)
		if entry := w.entry(other); entry.State == localhub.Queued {
			t.Errorf("after a minute the other repository's job still waits")
		}
		w.settle(25 * time.Minute)
		w.wantSucceeded(101)
		w.wantLaunched(101)
	}, four)
}

// Three rounds of two for the one; the other is not held up.
func TestARepositoryHasNoMoreThanItsShare(t *testing.T) {
	share := config(func(c *server.Config) { c.PerRepository = 2 })
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(6, small)
		other := w.queueIn(elsewhere, small)
		w.settle(3 * time.Minute)
		w.wantSucceeded(7)
		if most := w.mostAtOnce(repository); most != 2 {
			t.Errorf("%d jobs of one repository ran at once, want 2", most)
		}
		if wait := w.entry(other).Started.Sub(w.entry(other).Created); wait > 15*time.Second {
			t.Errorf("the other repository's job waited %v", wait)
		}
	}, share)
}

// mostAtOnce is how many jobs of a repository ran at once, at most.
func (w *world) mostAtOnce(repository string) (most int) {
	jobs := w.hub.Books().Jobs
	for _, at := range jobs {
		count := 0
		for _, other := range jobs {
			if other.Repository == repository && !other.Started.After(at.Started) && other.Completed.After(at.Started) {
				count++
			}
		}
		most = max(most, count)
	}
	return most
}
