package localhub

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// delivery is one try to deliver a webhook.
type delivery struct {
	id           int64 // of the try, once it was made
	guid         string
	event        string
	action       string
	jobID        int64
	repositoryID int64
	installation int64
	redelivery   bool
	body         []byte
	at           time.Time
	status       int // that the receiver answered, or that GitHub says where it did not
}

// dispatch sends a webhook as its fates say.
func (h *Hub) dispatch(d delivery) {
	if h.config.WebhookURL == "" {
		return
	}
	for _, fate := range h.fates(d) {
		h.deliveries.Pending++
		if fate.After == 0 {
			h.enqueue(d, fate)
		} else {
			h.after(fate.After, func() { h.enqueue(d, fate) })
		}
	}
}

func (h *Hub) enqueue(d delivery, fate Fate) {
	if fate.Failed {
		h.noteDelivery(d, http.StatusBadGateway)
		return
	}
	h.waiting = append(h.waiting, d)
	select {
	case h.outbox <- struct{}{}:
	default: // the sender has not looked yet: it will find this one too
	}
}

// noteDelivery writes the outcome into the books. GitHub does not deliver again by itself.
func (h *Hub) noteDelivery(d delivery, status int) {
	d.id, d.at, d.status = h.newID(), time.Now(), status
	h.tries = append(h.tries, d)
	h.deliveries.Pending--
	if d.delivered() {
		h.deliveries.OK++
	} else {
		h.deliveries.Failed++
		h.log.Warn("webhook not delivered", "delivery", d.guid, "job_id", d.jobID, "action", d.action, "status", status)
	}
	h.change()
}

func (d delivery) delivered() bool { return d.status >= 200 && d.status <= 299 }

// listDeliveries lists the tries, newest first. Only the first App has a webhook.
func (h *Hub) listDeliveries(c *call) answer {
	query := c.URL.Query()
	size, err := strconv.Atoi(query.Get("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	size = min(size, 100)
	before, err := strconv.ParseInt(query.Get("cursor"), 10, 64)
	listed, header := []map[string]any{}, http.Header{}
	for _, d := range slices.Backward(h.tries) {
		if h.indexOf(c.payer.app) != 0 || err == nil && d.id >= before {
			continue
		}
		if len(listed) == size {
			query.Set("cursor", fmt.Sprint(listed[size-1]["id"]))
			header.Set("Link", fmt.Sprintf("<%s?%s>; rel=%q", h.config.URL+c.URL.Path, query.Encode(), "next"))
			break
		}
		listed = append(listed, d.describe())
	}
	return answer{status: http.StatusOK, header: header, body: listed}
}

func (d delivery) describe() map[string]any {
	status := "OK"
	if !d.delivered() {
		status = fmt.Sprintf("Invalid HTTP Response: %d", d.status)
	}
	return map[string]any{
		"id": d.id, "guid": d.guid, "delivered_at": d.at.UTC(), "redelivery": d.redelivery, "duration": 0.1,
		"status": status, "status_code": d.status, "event": d.event, "action": d.action,
		"installation_id": d.installation, "repository_id": d.repositoryID, "throttled_at": nil,
	}
}

// redeliver sends a webhook again: the same body with the same delivery id.
func (h *Hub) redeliver(c *call) answer {
	id, _ := strconv.ParseInt(c.PathValue("id"), 10, 64)
	i := slices.IndexFunc(h.tries, func(d delivery) bool { return d.id == id })
	if i < 0 || h.indexOf(c.payer.app) != 0 {
		return notFound()
	}
	again := h.tries[i]
	again.redelivery = true
	h.dispatch(again)
	return answer{status: http.StatusAccepted, body: map[string]any{}}
}
