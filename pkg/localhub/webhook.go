package localhub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" // GitHub still sends this signature too
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"time"
)

// deliverFor is how long the receiver of a webhook has to answer.
// Source: docs.github.com, "Best practices for using webhooks".
const deliverFor = 10 * time.Second

// webhookClient follows no redirect: GitHub takes one for a failure.
func webhookClient(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	ours := *client
	ours.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &ours
}

// announce notes that something happened to a job, and sends its webhook.
func (h *Hub) announce(j *job, action string) {
	j.changed, j.version = time.Now(), j.version+1
	h.log.Info("job "+j.state, "job_id", j.id, "runner_name", j.runnerName(), "conclusion", j.conclusion)
	h.dispatch(delivery{
		guid: h.newGUID(), event: "workflow_job", action: action, jobID: j.id, body: h.payload(j, action),
		repositoryID: j.repository.id, installation: j.repository.installations[0],
	})
}

// sendAll sends webhooks in order, one at a time, until the hub closes.
func (h *Hub) sendAll() {
	for {
		select {
		case <-h.outbox:
		case <-h.closing.Done():
			return
		}
		for next, found := h.nextDelivery(); found; next, found = h.nextDelivery() {
			status := h.send(next)
			if h.closing.Err() != nil {
				return
			}
			h.mu.Lock()
			h.noteDelivery(next, status)
			h.mu.Unlock()
		}
	}
}

func (h *Hub) nextDelivery() (next delivery, found bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) == 0 {
		return delivery{}, false
	}
	next, h.waiting = h.waiting[0], h.waiting[1:]
	return next, true
}

// send is the receiver's answer: 502 if there was none.
func (h *Hub) send(d delivery) (status int) {
	ctx, cancel := context.WithTimeout(h.closing, deliverFor)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.WebhookURL, bytes.NewReader(d.body))
	if err != nil {
		return http.StatusBadGateway
	}
	h.sign(request, d)
	response, err := h.client.Do(request)
	if err != nil {
		return http.StatusBadGateway
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // so that the connection is used again
	return response.StatusCode
}

// sign sets the headers that GitHub sends with a webhook of an App.
func (h *Hub) sign(request *http.Request, d delivery) {
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "GitHub-Hookshot/localhub")
	request.Header.Set("X-GitHub-Event", d.event)
	request.Header.Set("X-GitHub-Delivery", d.guid)
	request.Header.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	request.Header.Set("X-GitHub-Hook-Installation-Target-ID", strconv.Itoa(firstApp))
	request.Header.Set("X-Hub-Signature", "sha1="+h.mac(sha1.New, d.body))
	request.Header.Set("X-Hub-Signature-256", "sha256="+h.mac(sha256.New, d.body))
}

func (h *Hub) mac(algorithm func() hash.Hash, body []byte) string {
	mac := hmac.New(algorithm, []byte(h.config.WebhookSecret.Reveal()))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (h *Hub) newGUID() string {
	high, low := h.guids.Uint64(), h.guids.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffffffffffff)
}
