package localcloud

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Rates is how often what goes wrong.
type Rates struct {
	// Of is by kind of fault, from 0, never, to 1. It is a share of the calls, of the instances or of
	// the events; of Unavailable, NoCapacity and S3Unavailable, which last, it is a share of the time.
	Of map[string]float64
	// Lasting is how long what lasts goes on at a time. It is also the longest that an event is delayed,
	// that Describe lags, and that an instance runs before it is interrupted or killed. Zero is a minute.
	Lasting time.Duration
}

// EveryFault is the same rate for every kind.
func EveryFault(rate float64) Rates {
	rates := Rates{Of: map[string]float64{}}
	for _, kind := range FaultKinds {
		rates.Of[kind] = rate
	}
	return rates
}

// RandomFaults is faults by chance. What happens to a call, an instance or an event is decided by the
// seed, by what it is and by when it is, and by nothing else: in a bubble the same seed is the same
// story, though many things happen side by side.
func RandomFaults(seed uint64, rates Rates) *Faults {
	rates.Lasting = cmp.Or(rates.Lasting, time.Minute)
	s := storm{seed: seed, Rates: rates}
	return &Faults{Call: s.call, NoCapacity: s.noCapacity, Fate: s.fate, Delivery: s.delivery, Lag: s.lag, S3: s.s3}
}

type storm struct {
	Rates
	seed uint64
}

func (s storm) call(call Call) Trouble {
	what := []any{call.Operation, slices.Sorted(slices.Values(call.Instances)), time.Now().UnixNano()}
	if call.Launch != nil {
		what = append(what, call.Launch.ClientToken)
	}
	switch {
	case s.lasts(Unavailable, call.Operation):
		return Trouble{Kind: Unavailable}
	case s.happens(Throttled, what...):
		return Trouble{Kind: Throttled}
	case s.happens(AnswerLost, what...):
		return Trouble{Kind: AnswerLost}
	case call.Launch == nil:
		return Trouble{}
	case s.happens(Partial, what...):
		return Trouble{Kind: Partial, Granted: s.chance("granted", what...).IntN(call.Launch.Count)}
	case s.happens(Quota, what...):
		return Trouble{Kind: Quota, Granted: s.chance("granted", what...).IntN(call.Launch.Count)}
	}
	return Trouble{}
}

// noCapacity takes single offerings, and as often all that are sold the same way.
func (s storm) noCapacity(offering runner.Offering) bool {
	return s.lasts(NoCapacity, offering) || s.lasts(NoCapacity, offering.Capacity)
}

func (s storm) fate(instance runner.Instance) Fate {
	fate := Fate{
		LaunchFails: s.happens(LaunchFailed, instance.ID),
		NeverBoots:  s.happens(NeverBoots, instance.ID),
		TagsLost:    s.happens(TagsLost, instance.ID),
	}
	if s.happens(Interrupted, instance.ID) {
		fate.InterruptedAfter = s.upToLasting(Interrupted, instance.ID)
	}
	if s.happens(Killed, instance.ID) {
		fate.KilledAfter = s.upToLasting(Killed, instance.ID)
	}
	return fate
}

func (s storm) delivery(event runner.Event) Delivery {
	lost := EventLost
	if event.Object != nil {
		lost = ReportLost
	}
	way := Delivery{Lost: s.happens(lost, event.ID), Duplicated: s.happens(EventDuplicated, event.ID)}
	if s.happens(EventDelayed, event.ID) {
		way.Delay = s.upToLasting(EventDelayed, event.ID)
	}
	return way
}

func (s storm) lag() time.Duration {
	if now := time.Now().UnixNano(); s.happens(DescribeLag, now) {
		return s.upToLasting(DescribeLag, now)
	}
	return 0
}

func (s storm) s3(_, key string) (down bool) { return s.lasts(S3Unavailable, key) }

// lasts says whether now is one of the stretches of time in which a fault goes on.
func (s storm) lasts(kind string, what ...any) bool {
	return s.happens(kind, append(what, time.Now().UnixNano()/int64(s.Lasting))...)
}

func (s storm) happens(kind string, what ...any) bool {
	rate := s.Of[kind]
	return rate > 0 && s.chance(kind, what...).Float64() < rate
}

// upToLasting is some time that is not zero.
func (s storm) upToLasting(kind string, what ...any) time.Duration {
	return 1 + time.Duration(s.chance("time "+kind, what...).Int64N(int64(s.Lasting)))
}

// chance is the randomness of one thing.
func (s storm) chance(kind string, what ...any) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, digest(append([]any{kind}, what...)...)))
}
