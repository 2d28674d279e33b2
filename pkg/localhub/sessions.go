package localhub

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// runnerRoutes is the hub's half of the runner's protocol.
func (h *Hub) runnerRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /session", h.asRunner(h.openSession))
	mux.HandleFunc("DELETE /session", h.asRunner(h.closeSession))
	mux.HandleFunc("GET /job", h.asRunner(h.waitForJob))
	mux.HandleFunc("GET /stop", h.asRunner(h.waitForStop))
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
		h.hear(runner)
		defer h.hush(runner)
		serve(w, r, runner)
	}
}

func (h *Hub) openSession(w http.ResponseWriter, _ *http.Request, runner *registration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case runner.removed:
		gone(w, runner)
	case runner.used:
		http.Error(w, "a session for this runner already exists", http.StatusConflict)
	default:
		runner.used, runner.online = true, true
		h.log.Info("runner online", "runner_name", runner.name)
		runner.expiry.Reset(h.config.JITLife)
		h.change()
		w.WriteHeader(http.StatusCreated)
	}
}

func (h *Hub) waitForJob(w http.ResponseWriter, r *http.Request, runner *registration) {
	h.mu.Lock()
	if runner.online {
		h.listen(runner)
	}
	h.mu.Unlock()
	if !h.poll(w, r, runner.settled, nil) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.unlisten(runner)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if runner.removed {
		gone(w, runner)
		return
	}
	j := runner.job
	writeJSON(w, http.StatusOK, work{JobID: j.id, Name: j.Name, Env: j.Env, Timeout: j.Timeout, Steps: j.Steps})
}

// waitForStop tells a runner that its job was cancelled.
func (h *Hub) waitForStop(w http.ResponseWriter, r *http.Request, runner *registration) {
	h.mu.Lock()
	j := runner.job
	h.mu.Unlock()
	if j == nil {
		http.Error(w, "the runner has no job", http.StatusConflict)
		return
	}
	if !h.poll(w, r, j.stop, runner.over) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if runner.removed {
		gone(w, runner)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// poll waits for either of two things for a while, and answers if neither happens.
func (h *Hub) poll(w http.ResponseWriter, r *http.Request, one, other <-chan struct{}) (happened bool) {
	timer := time.NewTimer(pollFor)
	defer timer.Stop()
	select {
	case <-one:
		return true
	case <-other:
		return true
	case <-timer.C:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	case <-h.closing.Done():
		http.Error(w, "the hub closes", http.StatusServiceUnavailable)
	}
	return false
}

// gone tells a runner that it is no more.
func gone(w http.ResponseWriter, runner *registration) {
	if runner.expired {
		http.Error(w, "the runner registration has expired", http.StatusNotFound)
		return
	}
	http.Error(w, "the runner registration has been deleted from the server", http.StatusGone)
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
	runner.job.write(text)
	w.WriteHeader(http.StatusNoContent)
}

// maxLog is about how much is kept of a job's log, in bytes: it is all in memory.
const maxLog = 32 << 20

func (j *job) write(text []byte) {
	if j.log.Len() > maxLog {
		return
	}
	j.log.Write(text)
	if j.log.Len() > maxLog {
		j.log.WriteString("\n(What came after this is not kept.)\n")
	}
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
	h.unlisten(runner)
	h.change()
	w.WriteHeader(http.StatusNoContent)
}
