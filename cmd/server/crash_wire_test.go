//go:build crash

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// The kinds of calls at which the server is killed.
const (
	sends      = "SendMessage" // a webhook is made durable
	acks       = "DeleteMessage"
	leases     = "UpdateItem"
	commits    = "TransactWriteItems"
	launches   = "CreateFleet"
	jitConfigs = "generate-jitconfig"
	puts       = "PutObject" // an assignment
	ends       = "TerminateInstances"
)

// wire is what the server is heard by: it counts the calls, and strikes at those where the server is to die.
type wire struct {
	mu       sync.Mutex
	counts   map[string]int // by kind, over all lives of the server
	inFlight map[string]int
	points   []point // that are still to come
	dying    bool    // or dead: it is struck once
	strike   func(p point, nth int, inFlight string)
}

func newWire(points []point, strike func(p point, nth int, inFlight string)) *wire {
	return &wire{counts: map[string]int{}, inFlight: map[string]int{}, points: points, strike: strike}
}

// before stands between the server and somebody whom it calls. A call that it dies before never arrives; one
// that it dies after is answered to nobody.
func (w *wire) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // it died while it spoke
		}
		r = r.Clone(context.WithoutCancel(r.Context()))
		r.Body = io.NopCloser(bytes.NewReader(body))
		kind := kindOf(r, body)
		p, nth, hit := w.enter(kind)
		defer w.leave(kind)
		if hit && !p.after {
			w.strike(p, nth, w.flying())
			return
		}
		said := httptest.NewRecorder()
		next.ServeHTTP(said, r)
		if hit {
			w.strike(p, nth, w.flying())
		}
		maps.Copy(answer.Header(), said.Header())
		answer.WriteHeader(said.Code)
		_, _ = answer.Write(said.Body.Bytes()) // whoever is gone needs no answer
	})
}

// enter counts a call, and says whether the server dies of it.
func (w *wire) enter(kind string) (p point, nth int, hit bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[kind]++
	w.inFlight[kind]++
	i := slices.IndexFunc(w.points, func(p point) bool { return p.kind == kind && w.counts[kind] >= p.nth })
	if i < 0 || w.dying {
		return point{}, 0, false
	}
	p, w.dying = w.points[i], true
	w.points = slices.Delete(w.points, i, i+1)
	return p, w.counts[kind], true
}

func (w *wire) leave(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight[kind]--
}

// lives says that there is a server again.
func (w *wire) lives() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dying = false
}

// toCome is how many points are left.
func (w *wire) toCome() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.points)
}

// flying are the calls in flight.
func (w *wire) flying() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return list(w.inFlight)
}

// called are all calls there were.
func (w *wire) called() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return list(w.counts)
}

func list(counts map[string]int) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if counts[kind] > 0 {
			all = append(all, fmt.Sprintf("%d %s", counts[kind], kind))
		}
	}
	return strings.Join(all, ", ")
}

// kindOf is what a call is: AWS's name of the operation, or what of GitHub is asked for.
func kindOf(r *http.Request, body []byte) string {
	if _, operation, is := strings.Cut(r.Header.Get("X-Amz-Target"), "."); is {
		return strings.TrimSuffix(operation, "Batch")
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
		return form.Get("Action")
	}
	last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch {
	case strings.Contains(r.Header.Get("Authorization"), "/s3/"):
		return map[string]string{http.MethodGet: "GetObject", http.MethodPut: puts}[r.Method]
	case r.Method == http.MethodDelete:
		return "remove a runner"
	case r.Method == http.MethodPost:
		return last
	}
	return "read GitHub"
}
