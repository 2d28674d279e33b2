package onaws

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// What EC2 has changes when somebody builds an image, and hardly ever else; of free addresses a rough
// idea will do.
const (
	stockEvery = 10 * time.Minute
	stockAgain = 30 * time.Second // after it could not be read
	stockFor   = 15 * time.Second // that a pass waits for it
)

// region is what the stock is read from. Implemented by instance.Fleet.
type region interface {
	Types(ctx context.Context) ([]catalog.Type, error)
	Image(ctx context.Context, id string) (instance.Image, error)
	Newest(ctx context.Context, owner, name string) (instance.Image, error)
	Subnets(ctx context.Context, ids []string) ([]runner.Subnet, error)
}

// stockroom keeps what EC2 has of what the settings name. It is asked by one pass at a time.
type stockroom struct {
	region region
	told   settings.Settings

	known server.Stock  // all that was ever read
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
	stock.Images, stock.NamedImages = copied(stock.Images), copied(stock.NamedImages)
	for arch, named := range s.told.Images {
		image, err := s.image(ctx, named)
		if err == nil {
			stock.Images[arch] = image.ID
		}
		problems = append(problems, err)
	}
	for name, named := range s.told.NamedImages {
		image, err := s.image(ctx, named)
		if err == nil {
			stock.NamedImages[name] = image.Image
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (s *stockroom) image(ctx context.Context, named settings.Image) (instance.Image, error) {
	if named.ID != "" {
		return s.region.Image(ctx, named.ID)
	}
	return s.region.Newest(ctx, named.Owner, named.Name)
}

// keep reads a part of the stock; after an error it is as it was.
func keep[T any](part *[]T, problems *[]error, read func() ([]T, error)) {
	found, err := read()
	if err == nil {
		*part = found
	}
	*problems = append(*problems, err)
}

func copied[K comparable, V any](of map[K]V) map[K]V {
	to := make(map[K]V, len(of))
	maps.Copy(to, of)
	return to
}
