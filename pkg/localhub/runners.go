package localhub

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// registration is a runner as the hub knows it, from its JIT config to the end of its one job.
//
//	offline ──session──▶ online ──assign──▶ busy ──completed, or silent for too long──▶ removed
//	   └────────────────────┴── removed by an API call, or expired ──────────────────────▲
type registration struct {
	id       int64
	place    string // where it is registered, lower case: a repository, or with no slash an organisation
	group    *group
	name     string
	labels   []string
	used     bool      // a session was opened: there is only one for each JIT config
	online   bool      // a session is open
	listened bool      // asked for a job
	open     int       // requests
	seen     time.Time // when the last request was over
	removed  bool
	expired  bool          // and so removed
	expiry   *time.Timer   // until it has a job
	silence  *time.Timer   // while no request is open
	over     chan struct{} // closed when it is removed
	job      *job
	settled  chan struct{} // closed when it has a job, or is removed
}

func (h *Hub) register(place string, in *group, request jitRequest) *registration {
	r := &registration{
		id: h.newID(), place: place, group: in, name: request.Name, labels: request.Labels, settled: make(chan struct{}), over: make(chan struct{}), seen: time.Now(),
	}
	r.expiry = h.after(h.config.JITLife, func() { h.expire(r) })
	r.silence = h.after(h.config.LostAfter, func() { h.lose(r) })
	h.runners = append(h.runners, r)
	h.log.Info("runner registered", "runner_name", r.name, "labels", r.labels)
	return r
}

// unregister removes a runner: GitHub forgets an ephemeral one after its job.
func (h *Hub) unregister(r *registration) {
	same := func(other *registration) bool { return other == r }
	h.runners = slices.DeleteFunc(h.runners, same)
	h.unlisten(r)
	r.expiry.Stop()
	r.silence.Stop()
	close(r.over)
	if r.job == nil {
		close(r.settled)
	}
	r.removed, r.online = true, false
}

func (h *Hub) named(place, name string) *registration {
	for _, r := range h.runners {
		if r.place == place && strings.EqualFold(r.name, name) {
			return r
		}
	}
	return nil
}

func (r *registration) describe() map[string]any {
	labels := make([]map[string]any, len(r.labels))
	for i, label := range r.labels {
		labels[i] = map[string]any{"id": i + 1, "name": label, "type": "custom"}
	}
	return map[string]any{
		"id": r.id, "name": r.name, "os": "linux", "status": r.status(), "busy": r.job != nil,
		"ephemeral": true, "labels": labels, "runner_group_id": r.group.id,
	}
}

// serves says whether jobs of a repository may come to it.
func (r *registration) serves(of *repository) bool {
	if full := strings.ToLower(of.fullName()); strings.Contains(r.place, "/") {
		return r.place == full
	}
	return strings.EqualFold(r.place, of.owner) && r.group.takes(of)
}

func (r *registration) status() string {
	if r.listening() {
		return "online"
	}
	return "offline"
}

// listening says whether the runner was there a short while ago.
func (r *registration) listening() bool {
	return r.online && (r.open > 0 || time.Since(r.seen) < offlineAfter)
}

func (h *Hub) listRunners(c *call) answer {
	query := c.URL.Query()
	name := query.Get("name")
	all := []map[string]any{}
	for _, r := range h.runners {
		if r.place == c.place && (name == "" || r.name == name) {
			all = append(all, r.describe())
		}
	}
	first, last, links := page(query, len(all), h.config.URL+c.URL.Path)
	return answer{status: http.StatusOK, header: links, body: map[string]any{"total_count": len(all), "runners": all[first:last]}}
}

// page is which of all items a query asks for, and the Link header that leads to the others.
// Source of its numbers: docs.github.com, "Using pagination in the REST API".
func page(query url.Values, all int, address string) (first, last int, links http.Header) {
	size, err := strconv.Atoi(query.Get("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	size = min(size, 100)
	number, err := strconv.Atoi(query.Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	pages := max(1, (all+size-1)/size)
	if number < pages {
		link := func(n int, rel string) string {
			query.Set("page", strconv.Itoa(n))
			return fmt.Sprintf("<%s?%s>; rel=%q", address, query.Encode(), rel)
		}
		links = http.Header{"Link": {link(number+1, "next") + ", " + link(pages, "last")}}
	}
	number = min(number, pages+1)
	return min((number-1)*size, all), min(number*size, all), links
}

func (h *Hub) removeRunner(c *call) answer {
	id, _ := strconv.ParseInt(c.PathValue("id"), 10, 64)
	for _, r := range h.runners {
		if r.id != id || r.place != c.place {
			continue
		}
		if r.job != nil {
			return *refuse(http.StatusUnprocessableEntity, fmt.Sprintf("Bad request - Runner %q is still running a job", r.name))
		}
		h.unregister(r)
		h.log.Info("runner removed", "runner_name", r.name)
		return answer{status: http.StatusNoContent}
	}
	return notFound()
}
