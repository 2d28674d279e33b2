package server_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// shelf is a stock whose images change, as whoever promotes them does.
type shelf struct {
	mu    sync.Mutex
	stock *server.Stock
}

// put has x64 runners be launched from the first of these images; the others were it before.
func (s *shelf) put(line ...runner.Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock = &server.Stock{
		Images:  map[runner.Arch]string{runner.X64: line[0].ID},
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}},
		Lines:   [][]runner.Image{line},
	}
}

func (s *shelf) option() option {
	return seams(func(to *server.Seams) {
		to.Stock = func(context.Context) (*server.Stock, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.stock, nil
		}
	})
}

// ages keeps how old images were told to be.
type ages []float64

func (a *ages) ImageAge(_ context.Context, days float64, _ time.Time) error {
	*a = append(*a, days)
	return nil
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
