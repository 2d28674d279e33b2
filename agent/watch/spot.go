package watch

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Where EC2 tells whether an instance is a spot instance, and such a one what is to come.
// Source: docs.aws.amazon.com, EC2 User Guide, "Instance metadata categories", "Spot Instance interruption
// notices" and "EC2 instance rebalance recommendations".
const (
	marketPath    = "instance-life-cycle"
	noticePath    = "spot/instance-action"
	rebalancePath = "events/recommendations/rebalance"
)

// onDemand is the market of an instance that is never taken back.
const onDemand = "on-demand"

const (
	// pollEvery is how often AWS advises to look; a fifth more or less, so that many instances that were
	// launched together do not look together.
	pollEvery = 5 * time.Second
	// pollTime is how long one look may take, with its tries.
	pollTime = 4 * time.Second
)

// Metadata is the instance's metadata. *boot.Metadata is one.
type Metadata interface {
	// Get reads what is at a path below meta-data/. Nothing there is nil, and no error.
	Get(ctx context.Context, path string) ([]byte, error)
}

// Spot looks for what EC2 tells a spot instance.
type Spot struct {
	Metadata Metadata
	Random   func() float64 // from 0 to below 1
	Noticed  func(Notice)   // is called once, with the first notice
	Log      *slog.Logger

	isSpot                     bool // or nobody knows
	failing, malformed, atRisk bool // is logged already
}

// Watch looks until ctx ends, there is a notice, or EC2 says that the instance is none of spot's. Nothing
// else that it is answered ends it.
func (s *Spot) Watch(ctx context.Context) {
	for {
		wait := time.Duration(float64(pollEvery) * (0.8 + 0.4*s.Random()))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		if s.look(ctx) {
			return
		}
	}
}

// look looks once, and says whether that is enough: there is a notice, or there never will be one.
func (s *Spot) look(ctx context.Context) (enough bool) {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	if !s.isSpot {
		market, err := s.Metadata.Get(ctx, marketPath)
		if string(market) == onDemand {
			return true
		}
		s.isSpot = err == nil
	}
	body, err := s.Metadata.Get(ctx, noticePath)
	if err == nil && !s.atRisk {
		err = s.rebalance(ctx)
	}
	s.told(ctx, err)
	if body == nil {
		return false
	}
	notice, err := parseNotice(body)
	if err != nil {
		if !s.malformed {
			s.Log.Warn("EC2's notice that it takes the instance back cannot be read", "error", err)
		}
		s.malformed = true
		return false
	}
	s.Noticed(notice)
	return true
}

// rebalance looks whether EC2 says that the instance is likelier than others to be taken back. Nothing is
// done about it: most of them are not, and a job cannot move.
func (s *Spot) rebalance(ctx context.Context) error {
	body, err := s.Metadata.Get(ctx, rebalancePath)
	if body != nil {
		s.atRisk = true
		s.Log.Info("EC2 may take the spot instance back before long")
	}
	return err
}

// told logs that the metadata cannot be read, once until it can.
func (s *Spot) told(ctx context.Context, err error) {
	switch {
	case err != nil && !s.failing && !errors.Is(ctx.Err(), context.Canceled):
		s.Log.Warn("spot notices cannot be read: if EC2 takes the instance back, its job ends without a word", "error", err)
		s.failing = true
	case err == nil && s.failing:
		s.Log.Info("spot notices can be read again")
		s.failing = false
	}
}
