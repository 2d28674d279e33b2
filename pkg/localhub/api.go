package localhub

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody is more than any call of ours sends, in bytes.
const maxBody = 1 << 20

// call is one API call, with its body read: it is answered under the hub's lock.
type call struct {
	*http.Request
	body       []byte
	now        time.Time
	payer      payer       // set by authorise
	token      *token      // set by withToken
	repository *repository // set by withToken
	place      string      // where runners are registered, set by withToken and withOrganization; see registration
}

// answer is what a call gets.
type answer struct {
	status int
	header http.Header
	body   any    // nil is none
	html   string // in the body's place
	hangs  bool   // there is no answer
}

// authorise says who pays for a call, or refuses it.
type authorise func(*call) *answer

func (h *Hub) asAnybody(*call) *answer { return nil }

// route serves an API call, and counts it under its pattern.
func (h *Hub) route(mux *http.ServeMux, pattern string, authorise authorise, serve func(*call) answer) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			write400(w)
			return
		}
		c := &call{Request: r, body: body, now: time.Now()}
		h.mu.Lock()
		a, limits := h.answer(c, pattern, authorise, serve)
		h.mu.Unlock()
		if a.hangs {
			h.hang(r)
		}
		a.write(w, limits)
	})
}

func (h *Hub) answer(c *call, pattern string, authorise authorise, serve func(*call) answer) (answer, http.Header) {
	h.calls[pattern]++
	defer h.change()
	if h.within(h.faults.Outages) > 0 {
		h.fired(APIOutage)
		return h.faulty(APIOutage, c.now), nil
	}
	if refused := authorise(c); refused != nil {
		return *refused, h.charge(c, refused.status)
	}
	if limited := h.limit(c); limited != nil {
		return *limited, h.meter(c.payer).headers()
	}
	a := h.serve(c, h.faultOf(c, pattern), serve)
	return a, h.charge(c, a.status)
}

// serve answers a call that was let in, as its fault says.
func (h *Hub) serve(c *call, fault Fault, serve func(*call) answer) answer {
	if fault == NoFault {
		return serve(c)
	}
	if fault == APIAnswerLost {
		serve(c)
	}
	return h.faulty(fault, c.now)
}

// hang answers nothing, until the caller or the hub has gone.
func (h *Hub) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-h.closing.Done():
	}
	panic(http.ErrAbortHandler)
}

func (a answer) write(w http.ResponseWriter, limits http.Header) {
	header := w.Header()
	for _, more := range []http.Header{limits, a.header} {
		for key := range more {
			header.Set(key, more.Get(key))
		}
	}
	header.Set("X-Github-Request-Id", rand.Text()[:20])
	if a.html != "" {
		header.Set("Content-Type", "text/html")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.html) // a caller who is gone needs no answer
		return
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	writeJSON(w, a.status, a.body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller who is gone needs no answer
}

func write400(w http.ResponseWriter) {
	writeJSON(w, http.StatusBadRequest, refuse(http.StatusBadRequest, "The body cannot be read").body)
}

// refuse is an error as GitHub words it.
func refuse(status int, message string) *answer {
	return &answer{status: status, body: map[string]string{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	}}
}

func notFound() answer { return *refuse(http.StatusNotFound, "Not Found") }
