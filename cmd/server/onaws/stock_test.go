package onaws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// ireland is a region whose images are built anew, and of which some cannot be read.
type ireland struct {
	build, reads int
	down         map[string]bool // images, subnets, types
}

var errDown = errors.New("down")

func (i *ireland) fails(what string) error {
	if i.down[what] {
		return fmt.Errorf("%s: %w", what, errDown)
	}
	return nil
}

func (i *ireland) Types(context.Context) ([]catalog.Type, error) {
	i.reads++
	return []catalog.Type{{Name: "m7a.large"}}, i.fails("types")
}

func (i *ireland) Image(_ context.Context, id string) (instance.Image, error) {
	return instance.Image{Image: runner.Image{ID: id, Arch: runner.ARM64}}, i.fails("image " + id)
}

func (i *ireland) Named(_ context.Context, owner, name string) (line []instance.Image, err error) {
	for build := i.build; build >= 0; build-- {
		line = append(line, instance.Image{Image: runner.Image{ID: fmt.Sprintf("ami-%s-%s-%d", owner, name, build), Arch: runner.X64}})
	}
	return line, i.fails("images")
}

func (i *ireland) Subnets(_ context.Context, ids []string) ([]runner.Subnet, error) {
	return []runner.Subnet{{ID: ids[0], Zone: "eu-west-1a"}}, i.fails("subnets")
}

func stockOf(build int) *server.Stock {
	gpu, base := runner.Image{ID: "ami-gpu", Arch: runner.ARM64}, []runner.Image(nil)
	for ; build >= 0; build-- {
		base = append(base, runner.Image{ID: fmt.Sprint("ami-self-base-", build), Arch: runner.X64})
	}
	return &server.Stock{
		Types: []catalog.Type{{Name: "m7a.large"}}, Images: map[runner.Arch]string{runner.X64: base[0].ID}, Lines: [][]runner.Image{base, {gpu}},
		NamedImages: scheduler.Images{"gpu": gpu}, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "eu-west-1a"}},
	}
}

var told = settings.Settings{
	Images:      map[runner.Arch]settings.Image{runner.X64: {Owner: "self", Name: "base"}},
	NamedImages: map[string]settings.Image{"gpu": {ID: "ami-gpu"}}, Subnets: []string{"subnet-a"},
}

func TestTheStockIsReadNowAndThenAndKeptWhileItCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &ireland{down: map[string]bool{"subnets": true}}
		s := &stockroom{region: i, told: told}
		var last *server.Stock
		want := func(when string, stock *server.Stock, reads int, problem string) {
			t.Helper()
			got, err := s.Stock(t.Context())
			if diff := cmp.Diff(stock, got); diff != "" || i.reads != reads {
				t.Errorf("%s: read %d times, want %d; stock (-want +got):\n%s", when, i.reads, reads, diff)
			}
			if (err == nil) != (problem == "") || err != nil && !strings.Contains(err.Error(), problem) {
				t.Errorf("%s: got error %v, want %q in it", when, err, problem)
			}
			if same := got == last; stock != nil && last != nil && same != cmp.Equal(*stock, *last) {
				t.Errorf("%s: it is the same: %v, want that as long as nothing changes", when, same)
			}
			last = got
		}
		want("without subnets", nil, 1, "subnets: down")
		want("at once again", nil, 1, "subnets: down")
		i.down = nil
		time.Sleep(stockAgain)
		want("with subnets", stockOf(0), 2, "")
		i.build = 1
		time.Sleep(stockEvery - time.Second)
		want("before it is time", stockOf(0), 2, "")
		time.Sleep(time.Second)
		want("after a build", stockOf(1), 3, "")
		i.build, i.down = 2, map[string]bool{"types": true, "images": true, "image ami-gpu": true, "subnets": true}
		time.Sleep(stockEvery)
		want("while all is down", stockOf(1), 4, "images: down")
		i.down = map[string]bool{"image ami-gpu": true}
		time.Sleep(stockAgain)
		want("but for one image", stockOf(2), 5, "image ami-gpu: down")
		i.down = nil
		time.Sleep(stockAgain)
		want("and all is well", stockOf(2), 6, "")
	})
}

// Outside of a bubble, for inside there is no other clock.
func TestTheStockIsReadAnewByTheWallClock(t *testing.T) {
	s := &stockroom{region: &ireland{}, told: told}
	if _, err := s.Stock(t.Context()); err != nil || strings.Contains(s.due.String(), " m=") {
		t.Errorf("it is due at %v, %v, want a time without what a function's sleep falsifies", s.due, err)
	}
}
