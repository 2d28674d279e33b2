package server_test

import (
	"cmp"
	"maps"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// checker looks at a world after every pass.
type checker struct {
	w        *world
	promises promises
	report   func(violation string)

	mu     sync.Mutex
	short  map[string]time.Time
	ended  []ending
	told   map[string]bool
	minute time.Time // in which the last pass ended
	passes int       // that ended in this minute
}

func newChecker(w *world, options []option) *checker {
	c := &checker{
		w: w, report: func(violation string) { w.t.Errorf("%s %s", time.Now().Format(time.TimeOnly), violation) },
		short: map[string]time.Time{}, told: map[string]bool{},
		promises: promises{
			maxRunners: cmp.Or(w.serverConfig.MaxRunners, 200), launchRate: cmp.Or(w.serverConfig.LaunchRate, 100),
			maxRuntime: cmp.Or(w.serverConfig.MaxRuntime, 12*time.Hour),
			surplus:    min(cmp.Or(w.serverConfig.Surplus, time.Minute), 12*time.Minute), // 10 idle, and 2 until the server ends it
		},
	}
	for _, o := range options {
		c.promises.patience = max(c.promises.patience, o.patience)
	}
	return c
}

// mostPasses is how many passes may be made in a minute. One that is wanted again at once, and then
// finds nothing to do, makes three thousand.
const mostPasses = 2000

// check tells the test every violation, once.
func (c *checker) check() {
	c.mu.Lock()
	if minute := time.Now().Truncate(time.Minute); !minute.Equal(c.minute) {
		c.minute, c.passes = minute, 0
	}
	c.passes++
	spins := c.passes == mostPasses
	c.mu.Unlock()
	if spins {
		c.report("the server makes pass after pass, and nothing happens any more")
	}
	c.checkScene(c.look())
}

func (c *checker) checkScene(s scene) {
	for _, violation := range violations(s) {
		c.mu.Lock()
		isNew := !c.told[violation]
		c.told[violation] = true
		c.mu.Unlock()
		if isNew {
			c.report(violation)
		}
	}
}

// look is the scene now. The record is read first: what it knows happened before.
func (c *checker) look() scene {
	s := scene{now: time.Now(), promises: c.promises}
	s.remember(c.w.record.ever())
	s.hub, s.instances, s.cloud = c.w.hub.Books(), c.w.cloud.Instances(), c.w.cloud.Books()
	c.mu.Lock()
	defer c.mu.Unlock()
	still := map[string]time.Time{}
	for _, class := range s.shortages() {
		still[class] = s.now
		if since, before := c.short[class]; before {
			still[class] = since
		}
	}
	c.short = still
	s.short, s.ended = maps.Clone(still), append([]ending(nil), c.ended...)
	return s
}

// ending notes whom the server ends, and what they were doing.
func (c *checker) ending(instances []string) {
	s := c.look()
	work := s.work()
	endings := make([]ending, len(instances))
	for i, id := range instances {
		_, known := s.runners[id]
		endings[i] = ending{instance: id, known: known}
		for _, entry := range s.instances {
			overdue := s.now.Sub(entry.LaunchedAt) >= s.promises.maxRuntime
			if entry.ID == id && entry.State == "running" && !overdue {
				endings[i].job = runningOf(work[id])
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = append(c.ended, endings...)
}

func runningOf(jobs []localhub.JobEntry) int64 {
	for _, job := range jobs {
		if job.State == localhub.InProgress {
			return job.ID
		}
	}
	return 0
}

// checkInvariants is what holds at the end of every story.
func (w *world) checkInvariants() {
	w.t.Helper()
	s := w.checker.look()
	s.atRest = true
	w.checker.checkScene(s)
	if waiting, dead := w.queue.Waiting(), w.queue.DeadLetters(); !w.poisoned && (waiting != 0 || len(dead) != 0) {
		w.t.Errorf("%d messages are not acknowledged, %d are dead letters", waiting, len(dead))
	}
	for _, violation := range s.unaudited(w.log.String()) {
		w.t.Error(violation)
	}
	for what, text := range map[string]string{"a log": w.log.String(), "the agent's output": w.output.String(), "the record": w.record.stored.String()} {
		if text == "" && len(s.work()) > 0 {
			w.t.Errorf("%s is empty: nothing is shown by searching it", what)
		}
		if secretIn(text) {
			w.t.Errorf("I-10: the JIT secret is in %s", what)
		}
	}
}

// secretIn says whether the secret within the JIT configs is in a text, in any of its forms. Nothing
// masks the logs of stories, so that what is told is seen. What is written stays written, so looking
// once, at the end, is looking always.
func secretIn(text string) bool {
	masker := secret.NewMasker()
	if err := masker.Register(secret.New(canary), time.Time{}); err != nil {
		panic(err) // the canary is long enough
	}
	return masker.MaskString(text) != text
}
