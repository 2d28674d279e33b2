package localhub

import (
	"math/rand/v2"
	"time"
)

// Rates say how often what goes wrong.
type Rates struct {
	Chances map[Fault]float64 // of each webhook, call, runner and job; those of one kind of thing add up to at most 1
	Delay   time.Duration     // the longest of a webhook, or until a job is stolen
	Within  time.Duration     // when SenderOff and Outage end at the latest, from the hub's beginning
	// How long the sender of webhooks is off, and GitHub is out, once each; 0 is never.
	SenderOff time.Duration
	Outage    time.Duration
}

// apiFaults are those that strike single calls.
var apiFaults = []Fault{
	APIError, APIBadGateway, APIAnswerLost, APILimited, APILimitedMute, APITooMany, APIUsedUp, APIHung,
}

// RandomFaults strike at random: the same seed strikes the same, as long as the same is asked in the
// same order.
func RandomFaults(seed uint64, rates Rates) *Faults {
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	webhooks, calls, runners, jobs, spans := stream(11), stream(12), stream(13), stream(14), stream(15)
	return &Faults{
		Deliver: func(Webhook) []Fate { return rates.fates(webhooks) },
		Answer:  func(Call) Fault { return rates.draw(calls, apiFaults...) },
		StealRunner: func(RunnerEntry) bool {
			return rates.draw(runners, RunnerStolen) != NoFault
		},
		StealJob: func(JobEntry) (time.Duration, bool) {
			return rates.delay(jobs), rates.draw(jobs, JobStolen) != NoFault
		},
		SenderOff: rates.span(spans, rates.SenderOff),
		Outages:   rates.span(spans, rates.Outage),
	}
}

// draw is one of some faults, or none.
func (r Rates) draw(random *rand.Rand, faults ...Fault) Fault {
	drawn := random.Float64()
	for _, fault := range faults {
		if drawn -= r.Chances[fault]; drawn < 0 {
			return fault
		}
	}
	return NoFault
}

func (r Rates) fates(random *rand.Rand) []Fate {
	later := r.delay(random)
	switch r.draw(random, WebhookLost, WebhookFailed, WebhookDuplicated, WebhookDelayed) {
	case WebhookLost:
		return nil
	case WebhookFailed:
		return []Fate{{Failed: true}}
	case WebhookDuplicated:
		return []Fate{{}, {After: later}}
	case WebhookDelayed:
		return []Fate{{After: later}}
	default:
		return []Fate{{}}
	}
}

// delay is some time, but never none.
func (r Rates) delay(random *rand.Rand) time.Duration {
	return 1 + time.Duration(random.Float64()*float64(r.Delay))
}

// span is a time that long, anywhere within.
func (r Rates) span(random *rand.Rand, length time.Duration) []Span {
	from := time.Duration(random.Float64() * float64(max(0, r.Within-length)))
	if length <= 0 {
		return nil
	}
	return []Span{{From: from, Until: from + length}}
}
