package localhub

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// fired counts a fault.
func (h *Hub) fired(fault Fault) {
	h.faulted[string(fault)]++
	h.log.Warn("fault", "fault", string(fault))
}

// within is how much of the spans that hold now is left, or 0.
func (h *Hub) within(spans []Span) (left time.Duration) {
	age := time.Since(h.began)
	for _, span := range spans {
		if age >= span.From && age < span.Until {
			left = max(left, span.Until-age)
		}
	}
	return left
}

// fates is what becomes of a webhook.
func (h *Hub) fates(d delivery) []Fate {
	if h.within(h.faults.SenderOff) > 0 {
		h.fired(WebhookSenderOff)
		return nil
	}
	fates := []Fate{{}}
	if h.faults.Deliver != nil {
		fates = slices.Clone(h.faults.Deliver(Webhook{GUID: d.guid, Event: d.event, Action: d.action, JobID: d.jobID, Redelivery: d.redelivery}))
	}
	switch len(fates) {
	case 0:
		h.fired(WebhookLost)
	case 1:
	default:
		h.fired(WebhookDuplicated)
	}
	out := h.within(h.faults.Outages)
	for i := range fates {
		fates[i].After = max(fates[i].After, out)
		if fates[i].Failed {
			h.fired(WebhookFailed)
		} else if fates[i].After > 0 {
			h.fired(WebhookDelayed)
		}
	}
	return fates
}

// faultOf is how an API call is to be answered.
func (h *Hub) faultOf(c *call, route string) Fault {
	if h.faults.Answer == nil {
		return NoFault
	}
	fault := h.faults.Answer(Call{Route: route, Path: c.URL.Path, App: c.payer.app, Installation: c.payer.installation})
	if fault != NoFault {
		h.fired(fault)
	}
	return fault
}

// faulty is the answer that a fault gives.
func (h *Hub) faulty(fault Fault, now time.Time) answer {
	wait := h.faults.RetryAfter
	if wait == 0 {
		wait = time.Minute
	}
	switch fault {
	case APILimited:
		return secondaryLimit(wait)
	case APILimitedMute:
		limited := secondaryLimit(wait)
		limited.header = nil
		return limited
	case APITooMany:
		limited := secondaryLimit(wait)
		limited.status = http.StatusTooManyRequests
		return limited
	case APIUsedUp:
		used := refuse(http.StatusForbidden, "API rate limit exceeded for installation.")
		used.header = http.Header{
			"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {strconv.FormatInt(now.Add(wait).Unix(), 10)},
		}
		return *used
	case APIBadGateway, APIAnswerLost:
		return answer{status: http.StatusBadGateway, html: "<html><body><h1>502 Bad Gateway</h1></body></html>"}
	case APIHung:
		return answer{hangs: true}
	case APIOutage:
		return *refuse(http.StatusServiceUnavailable, "GitHub is down.")
	default:
		return *refuse(http.StatusInternalServerError, "Server Error")
	}
}
