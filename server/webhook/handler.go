package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// ServeHTTP answers one request: with a status and no body, a line of the log, and one outcome.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	told := story{began: time.Now()}
	ended := answer{outcome: Panicked}
	defer func() {
		if problem := recover(); problem != nil {
			ended.err = fmt.Errorf("panic: %v\n%s", problem, debug.Stack())
		}
		h.log(r.Context(), told, ended)
		h.config.Count(ended.outcome)
		status := Outcomes[ended.outcome]
		switch status {
		case http.StatusServiceUnavailable:
			w.Header().Set("Retry-After", "1")
		case http.StatusMethodNotAllowed:
			w.Header().Set("Allow", http.MethodPost)
		}
		w.WriteHeader(status)
	}()
	ended = h.answer(w, r, &told)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, told *story) answer {
	if r.URL.EscapedPath() != Path {
		return answer{NotFound, nil}
	}
	if r.Method != http.MethodPost {
		return answer{BadMethod, nil}
	}
	head, refused := readHead(r, h.config.MaxBody)
	if refused != nil {
		return *refused
	}
	told.head = head
	select {
	case h.inFlight <- struct{}{}:
		defer func() { <-h.inFlight }()
	default:
		return answer{Overload, nil}
	}
	room := bodies.Get().(*bytes.Buffer)
	defer vacate(room)
	body, refused := h.read(w, r, room)
	if refused != nil {
		return *refused
	}
	verifier, err := h.verifier(r.Context())
	if err != nil {
		return answer{NoSecret, err}
	}
	if !verifier.genuine(head.signature, body) {
		if head.signature == "" {
			return answer{NoSignature, nil}
		}
		h.config.Source.Doubt()
		return answer{BadSignature, nil}
	}
	return h.take(r.Context(), body, told)
}

// firstRead is how much room a body gets before any of it has come: GitHub's payloads fit, and who
// announces much and sends nothing holds little.
const firstRead = 32 << 10

// bodies are rooms for bodies, kept for the next ones. What was read of a body is a copy.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// vacate gives a room back, unless it is larger than GitHub's payloads need.
func vacate(room *bytes.Buffer) {
	if room.Cap() <= 2*firstRead {
		room.Reset()
		bodies.Put(room)
	}
}

// read reads the body, within its bounds of length and time, into a room that is empty.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, body *bytes.Buffer) ([]byte, *answer) {
	// Where the connection has no deadlines, as in Lambda, the host bounds the request's time.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(readTime))
	body.Grow(int(min(max(r.ContentLength, 0), firstRead)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, h.config.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &answer{TooLarge, nil}
	case err != nil:
		// The deadline stays: net/http reads on for the rest, and is not to wait for it.
		return nil, &answer{BadBody, err}
	}
	_ = connection.SetReadDeadline(time.Time{})
	return body.Bytes(), nil
}

// take does with a genuine webhook what has to be done.
func (h *Handler) take(ctx context.Context, body []byte, told *story) answer {
	if told.head.event != "workflow_job" {
		return answer{IgnoredEvent, nil}
	}
	now := time.Now().UTC()
	p, broken, wrong := readPayload(body)
	if broken != nil {
		return answer{BadJSON, broken}
	}
	judged := h.judge(&p, wrong, now)
	told.job = p.job
	if judged.outcome != Queued {
		return judged
	}
	// GitHub sends nothing twice by itself: what it hung up on is made durable all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	event := runner.Event{Source: runner.SourceWebhook, ID: told.head.delivery, At: now, Job: &p.job}
	if err := h.send(ctx, event); err != nil {
		return answer{NotQueued, err}
	}
	return answer{Queued, nil}
}

// allows says whether jobs of an owner are taken at all.
func (h *Handler) allows(owner string) bool {
	return len(h.owners) == 0 || h.owners[folded(owner)]
}
