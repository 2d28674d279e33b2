package localhub

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// runnerRoutes is the hub's half of the runner's protocol.
func (h *Hub) runnerRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /session", h.asRunner(h.openSession))
	mux.HandleFunc("DELETE /session", h.asRunner(h.closeSession))
	mux.HandleFunc("GET /job", h.asRunner(h.waitForJob))
	mux.HandleFunc("POST /log", h.asRunner(h.appendLog))
	mux.HandleFunc("POST /completed", h.asRunner(h.finishJob))
	return mux
}

// asRunner lets in whoever holds a JIT config.
func (h *Hub) asRunner(serve func(http.ResponseWriter, *http.Request, *registration)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		runner := h.bearers[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		h.mu.Unlock()
		if runner == nil {
			http.Error(w, "no runner was given this JIT config", http.StatusUnauthorized)
			return
		}
		serve(w, r, runner)
	}
}

func (h *Hub) openSession(w http.ResponseWriter, _ *http.Request, runner *registration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case runner.removed:
		http.Error(w, "the runner registration has been deleted from the server", http.StatusGone)
	case runner.used:
		http.Error(w, "a session for this runner already exists", http.StatusConflict)
	default:
		runner.used, runner.online = true, true
		h.log.Info("runner online", "runner_name", runner.name)
		h.idle = append(h.idle, runner)
		h.assign()
		h.change()
		w.WriteHeader(http.StatusCreated)
	}
}

func (h *Hub) waitForJob(w http.ResponseWriter, r *http.Request, runner *registration) {
	timer := time.NewTimer(pollFor)
	defer timer.Stop()
	select {
	case <-runner.settled:
	case <-timer.C:
		w.WriteHeader(http.StatusNoContent)
		return
	case <-r.Context().Done():
		return
	case <-h.closing.Done():
		http.Error(w, "the hub closes", http.StatusServiceUnavailable)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if runner.removed {
		http.Error(w, "the runner registration has been deleted from the server", http.StatusGone)
		return
	}
	j := runner.job
	writeJSON(w, http.StatusOK, work{JobID: j.id, Name: j.Name, Env: j.Env, Steps: j.Steps})
}

// appendLog reads outside the lock: a slow log holds nobody up.
func (h *Hub) appendLog(w http.ResponseWriter, r *http.Request, runner *registration) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || !runner.busy() {
		http.Error(w, "the runner has no job that takes this log", http.StatusConflict)
		return
	}
	runner.job.log.Write(text)
	w.WriteHeader(http.StatusNoContent)
}

func (h *Hub) finishJob(w http.ResponseWriter, r *http.Request, runner *registration) {
	var said completion
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&said)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil || said.Conclusion != Success && said.Conclusion != Failure && said.Conclusion != Cancelled:
		http.Error(w, "conclusion must be success, failure or cancelled", http.StatusUnprocessableEntity)
	case !runner.busy():
		http.Error(w, "the runner has no job", http.StatusConflict)
	default:
		h.complete(runner, said.Conclusion)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (r *registration) busy() bool { return r.job != nil && !r.removed }

// closeSession makes the runner offline, for good: its JIT config opens no second session.
func (h *Hub) closeSession(w http.ResponseWriter, _ *http.Request, runner *registration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	runner.online = false
	h.idle = slices.DeleteFunc(h.idle, func(r *registration) bool { return r == runner })
	h.change()
	w.WriteHeader(http.StatusNoContent)
}
