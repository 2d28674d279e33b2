package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var told story
	ended := answer{http.StatusInternalServerError, "panic", nil}
	defer func() {
		if problem := recover(); problem != nil {
			ended.err = fmt.Errorf("panic: %v\n%s", problem, debug.Stack())
		}
		h.log(r.Context(), told, ended)
		switch ended.status {
		case http.StatusServiceUnavailable:
			w.Header().Set("Retry-After", "1")
		case http.StatusMethodNotAllowed:
			w.Header().Set("Allow", http.MethodPost)
		}
		w.WriteHeader(ended.status)
	}()
	ended = h.answer(w, r, &told)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, told *story) answer {
	if r.URL.Path != Path {
		return answer{http.StatusNotFound, "not_found", nil}
	}
	if r.Method != http.MethodPost {
		return answer{http.StatusMethodNotAllowed, "bad_method", nil}
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
		return answer{http.StatusServiceUnavailable, "overload", nil}
	}
	body, refused := h.read(w, r)
	if refused != nil {
		return *refused
	}
	if !h.verifier.genuine(head.signature, body) {
		return answer{http.StatusUnauthorized, "bad_signature", nil}
	}
	return h.take(r.Context(), body, told)
}

// read reads the body, within its bounds of length and time.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, *answer) {
	// Where the connection has no deadlines, as in Lambda, the host bounds the request's time.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(readTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.config.MaxBody))
	_ = connection.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &answer{http.StatusRequestEntityTooLarge, "too_large", nil}
	case err != nil:
		return nil, &answer{http.StatusBadRequest, "bad_body", err}
	}
	return body, nil
}

// take does with a genuine webhook what has to be done.
func (h *Handler) take(ctx context.Context, body []byte, told *story) answer {
	if told.head.event != "workflow_job" {
		return answer{http.StatusOK, "ignored_event", nil}
	}
	job, err := parse(body, time.Now())
	if err != nil {
		return answer{http.StatusBadRequest, "bad_payload", err}
	}
	told.job = job
	switch {
	case !actions[job.Action]:
		return answer{http.StatusOK, "ignored_action", nil}
	case job.Installation == 0:
		return answer{http.StatusOK, "ignored_no_installation", nil}
	case !h.ours(job):
		return answer{http.StatusOK, "ignored_labels", nil}
	}
	// GitHub sends nothing twice by itself: what it hung up on is made durable all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	event := runner.Event{Source: runner.SourceWebhook, ID: told.head.delivery, At: time.Now().UTC(), Job: &job}
	if err := h.send(ctx, event); err != nil {
		return answer{http.StatusServiceUnavailable, "not_queued", err}
	}
	return answer{http.StatusAccepted, "queued", nil}
}

// ours says whether a job asks for a runner of ours, or took one.
func (h *Handler) ours(job runner.JobEvent) bool {
	_, tookOurs := runner.InstanceOf(h.config.Stack, job.RunnerName)
	return tookOurs || labels.Ours(job.Labels)
}
