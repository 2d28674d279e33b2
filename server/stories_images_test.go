package server_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// shelf is a stock whose images change, as whoever promotes them does.
type shelf struct {
	mu    sync.Mutex
	stock *server.Stock
}

// put has runners be launched from the first of these images; the others were it before.
func (s *shelf) put(line ...runner.Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock = &server.Stock{
		Images:  map[runner.Arch]string{runner.X64: line[0].ID, runner.ARM64: line[0].ID},
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}},
		Lines:   [][]runner.Image{line},
	}
}

func (s *shelf) read(context.Context) (*server.Stock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stock, nil
}

func (s *shelf) option() option { return seams(func(to *server.Seams) { to.Stock = s.read }) }

// ages keeps how old images were told to be.
type ages []float64

func (a *ages) ImageAge(_ context.Context, days float64, _ time.Time) error {
	*a = append(*a, days)
	return nil
}

// hangs is an instance that boots and does nothing, until it is ended.
func hangs(ctx context.Context) { <-ctx.Done() }

// ends is one that powers off at once.
func ends(context.Context) {}

var (
	good     = runner.Image{ID: "ami-good", Arch: runner.X64, Promoted: time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC)}
	bad      = runner.Image{ID: "ami-bad", Arch: runner.X64, Promoted: time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)}
	badFirst = runner.ImageBroken("ami-bad", runner.BrokenAfter, "ami-good")
)

// launchedFrom are the images of all instances, in the order of their launch.
func (w *world) launchedFrom() (images []string) {
	for _, instance := range w.cloud.Instances() {
		images = append(images, instance.Image)
	}
	return images
}

func (w *world) wantLaunchedFrom(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.launchedFrom()); diff != "" {
		w.t.Errorf("launched from (-want +got):\n%s", diff)
	}
}

func (w *world) wantNotices(when string, want ...runner.Reason) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.server.View().Notices, cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("%s: the page says (-want +got):\n%s", when, diff)
	}
}

func TestWhereAnImageDoesNotBootTheOneBeforeItIsLaunchedUntilAnotherIsPromoted(t *testing.T) {
	for does, machine := range map[string]func(context.Context){"hangs": hangs, "powers off": ends} {
		t.Run(does, func(t *testing.T) {
			var mail told
			var images shelf
			images.put(bad, good)
			story(t, func(t *testing.T, w *world) {
				w.broken = map[string]func(context.Context){"ami-bad": machine}
				stop := w.run()
				id := w.queueIn(repository, small)
				w.settle(time.Hour)
				w.wantSucceeded(1)
				w.wantLaunchedFrom("ami-bad", "ami-bad", "ami-bad", "ami-good")
				w.wantNotices("after three", badFirst)
				mail.wantOne(t)
				if !slices.ContainsFunc(w.job(id).Log, func(l runner.Told) bool {
					return strings.HasSuffix(l.Reason.String(), "attempt 4 of 5): from ami-good, for ami-bad does not boot")
				}) {
					t.Errorf("the job was told %v, want that it is launched from another image, and why", w.job(id).Log)
				}

				stop()
				w.server = w.another("b") // which no webhook wakes, but the minute does
				w.run()
				w.queueJobs(2, small)
				w.settle(2 * time.Minute)
				w.wantNotices("after the server was started anew", badFirst)
				w.wantLaunchedFrom("ami-bad", "ami-bad", "ami-bad", "ami-good", "ami-good", "ami-good")

				images.put(runner.Image{ID: "ami-next", Arch: runner.X64, Promoted: time.Now()}, bad, good)
				w.queueJobs(1, small)
				w.settle(2 * time.Minute)
				w.wantNotices("once another is promoted")
				w.wantSucceeded(4)
				if got := w.launchedFrom()[6]; got != "ami-next" {
					t.Errorf("once another is promoted %s is launched, want ami-next", got)
				}
				mail.wantOne(t)
			}, images.option(), alerting(&mail))
		})
	}
}

func TestABurstOnAnImageThatDoesNotBootIsServedFromTheOneBeforeIt(t *testing.T) {
	var images shelf
	images.put(bad, good)
	story(t, func(t *testing.T, w *world) {
		w.broken = map[string]func(context.Context){"ami-bad": hangs}
		w.run()
		w.queueJobs(20, small)
		w.settle(15 * time.Minute)
		w.wantSucceeded(20)
		if got := w.launchedFrom(); len(got) > 42 || slices.Contains(got[22:], "ami-bad") {
			t.Errorf("launched from %v, want twenty of the one, and one or two more, then twenty of the other", got)
		}
	}, images.option())
}

func TestWithNoImageBeforeItPeopleAreToldThatAnImageDoesNotBoot(t *testing.T) {
	var mail told
	var images shelf
	images.put(bad)
	story(t, func(_ *testing.T, w *world) {
		w.broken = map[string]func(context.Context){"ami-bad": ends}
		w.run()
		w.queueJobs(1, small)
		time.Sleep(10 * time.Minute)
		w.wantNotices("after all attempts", runner.ImageBroken("ami-bad", runner.MaxAttempts, ""))
		w.hub.Cancel(w.hub.Books().Jobs[0].ID)
		w.settle(time.Minute)
		w.wantLaunchedFrom("ami-bad", "ami-bad", "ami-bad", "ami-bad", "ami-bad")
	}, images.option(), alerting(&mail))
	if len(mail.texts) == 0 || !strings.Contains(mail.texts[0], "no other was promoted before it: promote one that boots") {
		t.Errorf("alerts: got %q, want first that there is no other", mail.texts)
	}
}

func TestAnOldImageIsToldOfUntilAnotherIsPromoted(t *testing.T) {
	var told ages
	var images shelf
	story(t, func(t *testing.T, w *world) {
		old := runner.Image{ID: "ami-x64", Arch: runner.X64, Since: time.Now().Add(-20 * 24 * time.Hour)}
		images.put(old)
		w.run()
		w.queueJobs(1, small)
		w.settle(time.Minute)
		if got := w.server.View().Notices; len(got) != 0 {
			t.Errorf("on its 20th day the page says %q, want nothing", got)
		}
		time.Sleep(24*time.Hour + 30*time.Minute)
		if diff := cmp.Diff([]runner.Reason{runner.ImageOld("ami-x64", 21)}, w.server.View().Notices); diff != "" {
			t.Errorf("on its 21st day the page says (-want +got):\n%s", diff)
		}
		if got := strings.Count(w.log.String(), "an image is old"); got != 1 {
			t.Errorf("the log was told %d times within the hour, want once", got)
		}
		if len(told) != 25 || told[0] < 20 || told[24] < 21 || told[24] > 21.1 {
			t.Errorf("told %v, want an age an hour, from 20 days on", told)
		}
		images.put(runner.Image{ID: "ami-new", Arch: runner.X64, Since: time.Now()}, old)
		time.Sleep(2 * time.Hour)
		if got := w.server.View().Notices; len(got) != 0 || told[len(told)-1] > 0.1 {
			t.Errorf("after another was promoted the page says %q, and the age is %v days, want nothing and none", got, told[len(told)-1])
		}
	}, images.option(), seams(func(s *server.Seams) { s.Ages = &told }))
}
