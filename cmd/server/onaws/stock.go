package onaws

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// What EC2 has changes when somebody builds or promotes an image, and hardly ever else; of free addresses a rough
// idea will do.
const (
	stockEvery = 5 * time.Minute
	stockAgain = 30 * time.Second // after it could not be read
	stockFor   = 15 * time.Second // that a pass waits for it
)

// region is what the stock is read from. Implemented by instance.Fleet.
type region interface {
	Types(ctx context.Context) ([]catalog.Type, error)
	Image(ctx context.Context, id string) (instance.Image, error)
	Named(ctx context.Context, owner, name string) ([]instance.Image, error)
	Subnets(ctx context.Context, ids []string) ([]runner.Subnet, error)
}

// stockroom keeps what EC2 has of what the settings name. It is asked by one pass at a time.
type stockroom struct {
	region region
	told   settings.Settings

	known server.Stock // all that was ever read
	lines lines
	shown *server.Stock // the same, if it is enough to launch from
	due   time.Time     // when it is read anew
	err   error
}

// Stock is what there is. What could not be read is as it was before, with the error.
func (s *stockroom) Stock(ctx context.Context) (*server.Stock, error) {
	now := time.Now().Round(0) // by the wall clock: the other one may stand still between a function's invocations
	if now.Before(s.due) {
		return s.shown, s.err
	}
	ctx, cancel := context.WithTimeout(ctx, stockFor)
	defer cancel()
	next := s.known
	s.err = s.read(ctx, &next)
	s.due = now.Add(stockEvery)
	if s.err != nil {
		s.due = now.Add(stockAgain)
	}
	changed := !reflect.DeepEqual(next, s.known)
	s.known = next
	if changed && len(next.Images) > 0 && len(next.Subnets) > 0 {
		s.shown = &next
	}
	return s.shown, s.err
}

// read reads what it can, and leaves the rest of the stock as it is.
func (s *stockroom) read(ctx context.Context, stock *server.Stock) error {
	var problems []error
	keep(&stock.Types, &problems, func() ([]catalog.Type, error) { return s.region.Types(ctx) })
	keep(&stock.Subnets, &problems, func() ([]runner.Subnet, error) { return s.region.Subnets(ctx, s.told.Subnets) })
	if len(s.told.PrivateNets) > 0 {
		keep(&stock.PrivateSubnets, &problems, func() ([]runner.Subnet, error) { return s.region.Subnets(ctx, s.told.PrivateNets) })
	}
	problems = append(problems, s.images(ctx, stock))
	return errors.Join(problems...)
}

// images reads what the settings' names of images stand for now.
func (s *stockroom) images(ctx context.Context, stock *server.Stock) error {
	if s.lines == nil {
		s.lines = lines{}
	}
	var problems []error
	stock.Images, stock.NamedImages, stock.Lines = map[runner.Arch]string{}, scheduler.Images{}, nil
	for _, arch := range slices.Sorted(maps.Keys(s.told.Images)) {
		line, err := s.line(ctx, s.told.Images[arch])
		problems = append(problems, err)
		if len(line) > 0 {
			stock.Images[arch], stock.Lines = line[0].ID, append(stock.Lines, line)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.told.NamedImages)) {
		line, err := s.line(ctx, s.told.NamedImages[name])
		problems = append(problems, err)
		if len(line) > 0 {
			stock.NamedImages[name], stock.Lines = line[0], append(stock.Lines, line)
		}
	}
	return errors.Join(problems...)
}

// lines are what names of images stood for when they could last be read.
type lines map[settings.Image][]runner.Image

// line is what a name stands for: the image to launch first. With an error it is what it stood for before.
func (s *stockroom) line(ctx context.Context, named settings.Image) ([]runner.Image, error) {
	found, err := s.find(ctx, named)
	if err != nil {
		return s.lines[named], err
	}
	s.lines[named] = nil
	for _, image := range found {
		s.lines[named] = append(s.lines[named], image.Image)
	}
	return s.lines[named], nil
}

func (s *stockroom) find(ctx context.Context, named settings.Image) ([]instance.Image, error) {
	if named.ID == "" {
		return s.region.Named(ctx, named.Owner, named.Name)
	}
	image, err := s.region.Image(ctx, named.ID)
	return []instance.Image{image}, err
}

// keep reads a part of the stock; after an error it is as it was.
func keep[T any](part *[]T, problems *[]error, read func() ([]T, error)) {
	found, err := read()
	if err == nil {
		*part = found
	}
	*problems = append(*problems, err)
}
