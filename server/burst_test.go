//go:build storm

package server_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

const burstJobs = 1000

// measured is what a burst of jobs of one shape, at 100 a second, came to.
type measured struct {
	callsPerJob float64
	accepted99  time.Duration // from a job's webhook to the launch of as many instances as jobs came until then; P99
	lastJIT     time.Duration // from the first job to the last JIT config
	waited      time.Duration // the longest that a booted instance waited for its JIT config
	points      int           // the most points of an App in a rolling minute
	limited     int           // calls that GitHub refused
	throttled   int           // calls that EC2 refused
}

// slowRecord is a record that takes its time, as DynamoDB does.
type slowRecord struct {
	server.Record
	commit, lease time.Duration
}

func (r slowRecord) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	time.Sleep(r.commit)
	return r.Record.Commit(ctx, lease, items...)
}

func (r slowRecord) Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error) {
	time.Sleep(r.lease)
	return r.Record.Acquire(ctx, holder, during)
}

// burst is 1,000 jobs at 100 a second, with EC2's default limits and so many GitHub Apps.
func burst(t *testing.T, apps, perCall int, more ...option) (m measured) {
	t.Helper()
	story(t, func(t *testing.T, w *world) {
		w.record.passed = func() {} // a thousand jobs are too many to look at after every pass
		w.run()
		began := time.Now()
		for range burstJobs {
			w.queueJobs(1, small)
			time.Sleep(time.Second / 100)
		}
		w.settle(time.Hour)
		hub, cloud := w.hub.Books(), w.cloud.Books()
		if got := hub.Concluded(localhub.Success); got != burstJobs {
			t.Errorf("%d jobs succeeded, want %d", got, burstJobs)
		}
		m = measured{
			callsPerJob: float64(cloud.Calls[localcloud.CreateFleet]) / burstJobs, throttled: cloud.Throttled,
			points: hub.MaxPoints, limited: hub.Limited,
		}
		m.accepted99 = percentile99(acceptance(hub.Jobs, w.cloud.Instances()))
		for _, instance := range w.cloud.Instances() {
			m.lastJIT = max(m.lastJIT, instance.AssignedAt.Sub(began))
			m.waited = max(m.waited, instance.AssignedAt.Sub(instance.RunningAt))
		}
	}, append(more, option{
		hub:    func(c *localhub.Config) { c.Apps = apps },
		server: func(c *server.Config) { c.MaxRunners, c.PerCall = 2*burstJobs, perCall },
	})...)
	t.Logf("%d Apps, %d instances a call: %.3f fleet calls a job; launch accepted P99 %v; last JIT config at %v; longest wait for one %v; %d points a minute",
		apps, perCall, m.callsPerJob, m.accepted99, m.lastJIT, m.waited, m.points)
	return m
}

// acceptance pairs the nth job with the nth instance: which runs which is GitHub's choice.
func acceptance(jobs []localhub.JobEntry, instances []localcloud.InstanceEntry) []time.Duration {
	var launched []time.Time
	for _, instance := range instances {
		launched = append(launched, instance.LaunchedAt)
	}
	slices.SortFunc(launched, time.Time.Compare)
	var waits []time.Duration
	for n, job := range jobs[:min(len(jobs), len(launched))] {
		waits = append(waits, launched[n].Sub(job.Created))
	}
	return waits
}

func percentile99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

func TestABurstOfAThousandJobs(t *testing.T) {
	t.Run("where GitHub does not bind", func(t *testing.T) {
		m := burst(t, 6, 500)
		if m.callsPerJob > 0.06 || m.throttled != 0 || m.accepted99 > 10*time.Second {
			t.Errorf("%+v: want at most 0.06 fleet calls a job, none throttled, launches accepted within 10 s", m)
		}
		if one := burst(t, 6, 1); one.callsPerJob < 0.99 || one.accepted99 < 10*m.accepted99 {
			t.Errorf("with one instance a call: %+v; batches are to make the difference", one)
		}
	})
	t.Run("with one App", func(t *testing.T) {
		m := burst(t, 1, 500)
		if m.points > 900 || m.limited != 0 {
			t.Errorf("%d points within a minute and %d refused calls, want at most 900 and none", m.points, m.limited)
		}
		// 180 JIT configs a minute: the thousandth can be made after 5 minutes at the earliest.
		if floor := 301 * time.Second; m.lastJIT > floor*105/100 || m.lastJIT < floor-time.Second {
			t.Errorf("the last JIT config was made after %v, want within 5 %% of %v", m.lastJIT, floor)
		}
		if m.waited > 30*time.Second {
			t.Errorf("an instance waited %v for its JIT config, want at most 30 s", m.waited)
		}
	})
	t.Run("with a slow record, where GitHub nearly binds", func(t *testing.T) {
		m := burst(t, 5, 500, option{seams: func(s *server.Seams) {
			s.Record = slowRecord{s.Record, 20 * time.Millisecond, 8 * time.Millisecond}
		}})
		if m.points > 900 || m.limited != 0 {
			t.Errorf("%d points within a minute and %d refused calls, want at most 900 and none", m.points, m.limited)
		}
	})
}
