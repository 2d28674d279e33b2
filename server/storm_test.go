package server_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

var (
	stormSeeds = flag.Int("storm", 60, "how many seeds TestStorm runs")
	stormSeed  = flag.Uint64("seed", 0, "the one seed that TestStorm runs; 0 is all of -storm")
)

// Within this time of the fake clock every storm has to be over: its jobs, its repairs, and what it
// left behind.
const stormOver = 2 * time.Hour

// TestStorm is a run in which anything may go wrong, by seed: jobs of random sizes in random classes,
// GitHub's and EC2's faults, crashes of the server before or after any effect, and processes that
// stall for so long that another takes over.
func TestStorm(t *testing.T) {
	if *stormSeed != 0 {
		storm(t, *stormSeed)
		return
	}
	seeds := *stormSeeds
	if testing.Short() {
		seeds = min(seeds, 20)
	}
	for seed := range uint64(seeds) {
		seed++ // 0 is no seed
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			storm(t, seed)
		})
	}
}

func storm(t *testing.T, seed uint64) {
	defer func() {
		if t.Failed() {
			t.Logf("again: go test ./server -run 'TestStorm$' -seed %d -v", seed)
		}
	}()
	random := rand.New(rand.NewPCG(seed, 1))
	story(t, func(t *testing.T, w *world) {
		w.hub.Group("octo", builders)
		w.queueAtRandom(random)
		w.runInStorm(random)
		w.calm()
		w.checkLosses()
		if t.Failed() && *stormSeed != 0 {
			t.Logf("the log:\n%s", w.log.String())
		}
	}, stormy(seed))
}

// stormy is a world in which anything goes wrong now and then.
func stormy(seed uint64) option {
	random := rand.New(rand.NewPCG(seed, 2))
	rate, apps, runners := 0.1*random.Float64(), 1+random.IntN(2), 2+random.IntN(20)
	off, out := time.Duration(random.IntN(2))*time.Minute, time.Duration(random.IntN(3))*time.Minute
	return option{
		patience: 10 * time.Minute,
		hub: func(c *localhub.Config) {
			c.Seed, c.Apps = seed, apps
			c.Faults = localhub.RandomFaults(seed, localhub.Rates{
				Chances: chances(rate), Delay: 3 * time.Minute, Within: 10 * time.Minute, SenderOff: off, Outage: out,
			})
		},
		cloud: func(c *localcloud.Config) {
			rates := localcloud.EveryFault(rate / 2)
			rates.Of[localcloud.Interrupted] = 4 * rate // of spot instances, which are few
			c.Seed, c.Faults = seed, localcloud.RandomFaults(seed, rates)
		},
		server: func(c *server.Config) {
			letsIn(c)
			c.Random, c.MaxRuntime, c.MaxRunners = rand.New(rand.NewPCG(seed, 3)), time.Hour, runners
			if seed%4 == 0 {
				c.RunnerGroup = builders
			}
		},
	}
}

// chances are such that calls, of which there are most, do not fail too often to get anywhere.
func chances(rate float64) map[localhub.Fault]float64 {
	return map[localhub.Fault]float64{
		localhub.WebhookLost: rate, localhub.WebhookFailed: rate, localhub.WebhookDuplicated: rate, localhub.WebhookDelayed: rate,
		localhub.APIError: rate / 4, localhub.APIBadGateway: rate / 4, localhub.APIAnswerLost: rate / 4, localhub.APIHung: rate / 4,
		localhub.APILimited: rate / 8, localhub.APILimitedMute: rate / 8, localhub.APITooMany: rate / 8, localhub.APIUsedUp: rate / 8,
		localhub.RunnerStolen: rate, localhub.JobStolen: rate,
	}
}

// queueAtRandom queues up to 12 jobs, of up to 3 classes in up to 2 repositories, within 5 minutes.
func (w *world) queueAtRandom(random *rand.Rand) {
	labels := []string{small, large, "mayfly=1/runner=2cpu-linux-x64/spot=true/ssh=true"}[:1+random.IntN(3)]
	repositories := []string{repository, "octo/other"}[:1+random.IntN(2)]
	jobs := 1 + random.IntN(12)
	w.toCome.Store(int64(jobs))
	for n := range jobs {
		job := localhub.Job{
			Name: fmt.Sprintf("job %d", n+1), Workflow: "CI", Labels: []string{labels[random.IntN(len(labels))]},
			Steps: []localhub.Step{{Run: fmt.Sprintf("sleep %v", time.Duration(1+random.IntN(240))*time.Second)}},
		}
		where := repositories[random.IntN(len(repositories))]
		if random.IntN(2) == 0 {
			job.RunID = int64(10*len(where)) + random.Int64N(2) // with others: what is interrupted waits for them
		}
		time.AfterFunc(time.Duration(random.IntN(300))*time.Second, func() {
			w.hub.Queue(where, job)
			w.toCome.Add(-1)
		})
	}
}

// runInStorm runs one or two replicas. Up to three times one of them crashes at a random effect, and
// begins again; now and then one stalls, and loses its lease.
func (w *world) runInStorm(random *rand.Rand) {
	crashes := random.IntN(4)
	for n := range 1 + random.IntN(2) {
		mine := rand.New(rand.NewPCG(random.Uint64(), 4))
		w.inBackground(func(ctx context.Context) { w.replica(ctx, fmt.Sprintf("replica %d", n), mine, crashes*(1-n)) })
	}
}

// replica runs a server again and again, until it has crashed so many times and then for ever.
func (w *world) replica(ctx context.Context, name string, random *rand.Rand, crashes int) {
	for life := 0; ctx.Err() == nil; life++ {
		f := newFence(0, random.IntN(2) == 0)
		if life < crashes {
			f.at = 1 + random.IntN(150)
		}
		if random.IntN(2) == 0 {
			f.stallAt, f.stall = 1+random.IntN(300), time.Duration(10+random.IntN(60))*time.Second
		}
		s := w.another(fmt.Sprintf("%s, life %d", name, life), func(seams *server.Seams) { *seams = f.around(*seams) })
		lived, die := context.WithCancel(ctx)
		go func() {
			select {
			case <-f.dead:
				die()
			case <-lived.Done():
			}
		}()
		s.Run(lived)
		die()
	}
}

// calm waits until the storm is over.
func (w *world) calm() {
	w.t.Helper()
	over := time.Now().Add(stormOver)
	for rests := 0; rests < 3; rests++ {
		time.Sleep(10 * time.Second)
		atWork := slices.ContainsFunc(w.hub.Books().Jobs, func(entry localhub.JobEntry) bool { return entry.State == localhub.InProgress })
		if atWork || w.toCome.Load() > 0 || w.cloud.Books().Left > 0 || w.hub.Books().Deliveries.Pending > 0 || !w.atRest() || w.unheard() > 0 {
			rests = -1
		}
		if time.Now().After(over) {
			w.t.Errorf("not over after %v: %d jobs unfinished, %d instances left", stormOver, w.hub.Books().Unfinished(), w.cloud.Books().Left)
			return
		}
	}
}

// unheard is how many jobs wait of which the record does not say that they ended.
func (w *world) unheard() int {
	s, count := w.checker.look(), 0
	for _, entry := range s.hub.Jobs {
		if _, known := s.jobs[entry.ID]; entry.State != localhub.Completed && !known {
			count++
		}
	}
	return count
}

// checkLosses: every job was completed on GitHub, but for those that the faults left no chance: as many
// launches for their class came to nothing as a job may have.
func (w *world) checkLosses() {
	w.t.Helper()
	s := w.checker.look()
	for _, entry := range s.hub.Jobs {
		job := s.jobs[entry.ID]
		exhausted := job.State == runner.JobRefused && job.Reason.Kind == runner.ReasonAttemptsExhausted
		if hopeless := exhausted && s.fruitless(job.Class) >= runner.MaxAttempts; entry.State != localhub.Completed && !hopeless {
			w.t.Errorf("job %d is lost: it is %s on GitHub, and %q in the record: %s", entry.ID, entry.State, job.State, job.Reason)
		}
	}
}

// fruitless is how many of the instances that were asked for on account of a class never got a job.
func (s scene) fruitless(class runner.Class) int {
	count := 0
	for _, launch := range s.launches {
		for _, slot := range launch.Slots {
			if slot.Class.Key() == class.Key() {
				count++
			}
		}
	}
	for instance := range s.work() {
		if s.runners[instance].Class.Key() == class.Key() {
			count--
		}
	}
	return count
}
