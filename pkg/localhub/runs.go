package localhub

import (
	"cmp"
	"crypto/sha1" // the name of a commit, no secret
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// run is a workflow run: the jobs that share its id, each as the latest attempt has it.
type run struct {
	id   int64
	jobs []*job // oldest first
}

// runs are a repository's, newest first.
func (h *Hub) runs(of *repository) []*run {
	byID := map[int64]*run{}
	var all []*run
	for _, j := range slices.Concat(h.jobs, h.foreign) {
		if j.repository != of || j.replaced {
			continue
		}
		if byID[j.RunID] == nil {
			byID[j.RunID] = &run{id: j.RunID}
			all = append(all, byID[j.RunID])
		}
		byID[j.RunID].jobs = append(byID[j.RunID].jobs, j)
	}
	slices.SortStableFunc(all, func(a, b *run) int { return cmp.Compare(b.jobs[0].id, a.jobs[0].id) })
	return all
}

// status is the run's, by what its jobs do.
func (r *run) status() string {
	count := map[string]int{}
	for _, j := range r.jobs {
		count[j.state]++
	}
	switch {
	case count[Completed] == len(r.jobs):
		return Completed
	case count[InProgress]+count[Completed] > 0:
		return InProgress
	case count[Queued] > 0:
		return Queued
	default:
		return Waiting
	}
}

// conclusion is the worst of its jobs'; empty until all have one.
func (r *run) conclusion() string {
	if r.status() != Completed {
		return ""
	}
	for _, worst := range []string{Failure, Cancelled} {
		if slices.ContainsFunc(r.jobs, func(j *job) bool { return j.conclusion == worst }) {
			return worst
		}
	}
	return Success
}

// changed is when something last happened to any of its jobs.
func (r *run) changed() time.Time {
	return slices.MaxFunc(r.jobs, func(a, b *job) int { return a.changed.Compare(b.changed) }).changed
}

// version grows with every change of its jobs.
func (r *run) version() (sum int) {
	for _, j := range r.jobs {
		sum += j.version
	}
	return sum
}

func (h *Hub) listRuns(c *call) answer {
	query := c.URL.Query()
	status := query.Get("status")
	all, version := []map[string]any{}, []string{}
	for _, r := range h.runs(c.repository) {
		if status != "" && status != r.status() && status != r.conclusion() {
			continue
		}
		all = append(all, h.describeRun(r, c.repository))
		version = append(version, fmt.Sprint(r.id, " ", h.attempts[r.id], " ", r.version()))
	}
	first, last, links := page(query, len(all), h.config.URL+c.URL.Path)
	a := answer{status: http.StatusOK, header: links, body: map[string]any{"total_count": len(all), "workflow_runs": all[first:last]}}
	return a.unless(c, version)
}

// unless is a 304 if the caller has this version already.
func (a answer) unless(c *call, version []string) answer {
	text, err := json.Marshal(version)
	if err != nil {
		panic(err) // strings always marshal
	}
	sum := sha1.Sum(append(text, c.URL.RawQuery...))
	tag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set("Etag", tag)
	if c.Header.Get("If-None-Match") == tag {
		a.status, a.body = http.StatusNotModified, nil
	}
	return a
}

// runOf is the run that a job is in, or nil.
func (h *Hub) runOf(j *job) *run {
	all := h.runs(j.repository)
	i := slices.IndexFunc(all, func(r *run) bool { return r.id == j.RunID })
	if i < 0 {
		return nil
	}
	return all[i]
}

// findRun is the run that a call's path names, or nil.
func (h *Hub) findRun(c *call) *run {
	id, _ := strconv.ParseInt(c.PathValue("run"), 10, 64)
	all := h.runs(c.repository)
	i := slices.IndexFunc(all, func(r *run) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return all[i]
}

func (h *Hub) listRunJobs(c *call) answer {
	r := h.findRun(c)
	if r == nil {
		return notFound()
	}
	shown := slices.DeleteFunc(slices.Clone(r.jobs), func(j *job) bool { return j.state == Pending })
	first, last, links := page(c.URL.Query(), len(shown), h.config.URL+c.URL.Path)
	jobs := []workflowJob{}
	for _, j := range shown[first:last] {
		jobs = append(jobs, h.describeJob(j))
	}
	return answer{status: http.StatusOK, header: links, body: map[string]any{"total_count": len(shown), "jobs": jobs}}
}

func (h *Hub) cancelRun(c *call) answer {
	r := h.findRun(c)
	switch {
	case r == nil:
		return notFound()
	case r.status() == Completed:
		return *refuse(http.StatusConflict, "Cannot cancel a workflow run that is completed.")
	}
	for _, j := range r.jobs {
		h.cancel(j)
	}
	return answer{status: http.StatusAccepted, body: map[string]any{}}
}

// describeRun is a run in GitHub's shape, as far as clients need it.
func (h *Hub) describeRun(r *run, of *repository) map[string]any {
	url := fmt.Sprintf("%s/actions/runs/%d", h.apiURL(of), r.id)
	sha := sha1.Sum(fmt.Append(nil, r.id))
	return map[string]any{
		"id": r.id, "node_id": nodeID("WFR", r.id), "name": r.jobs[0].Workflow, "display_title": r.jobs[0].Workflow,
		"head_branch": branch, "head_sha": hex.EncodeToString(sha[:]), "event": "push", "path": ".github/workflows/ci.yml",
		"status": r.status(), "conclusion": orNull(r.conclusion()), "run_number": 1, "run_attempt": max(1, h.attempts[r.id]), "workflow_id": 1,
		"created_at": stamp(r.jobs[0].created), "run_started_at": stamp(r.jobs[0].created), "updated_at": stamp(r.changed()),
		"url": url, "jobs_url": url + "/jobs", "html_url": fmt.Sprintf("%s/%s/actions/runs/%d", h.config.URL, of.fullName(), r.id),
		"actor": h.account(senderLogin, senderID, "User"), "repository": h.describe(of), "head_repository": h.headOf(r, of),
	}
}

// headOf is the repository whose code a run runs.
func (h *Hub) headOf(r *run, of *repository) map[string]any {
	fork := r.jobs[0].Fork
	if fork == "" {
		return h.describe(of)
	}
	head := *of
	head.owner, head.name, _ = strings.Cut(fork, "/")
	head.id, head.ownerID = of.id+forkOf, of.ownerID+forkOf
	all := h.describe(&head)
	all["fork"] = true
	return all
}

// forkOf is added to a repository's id to make those of its forks.
const forkOf = 1 << 40

func (h *Hub) getRun(c *call) answer {
	r := h.findRun(c)
	if r == nil {
		return notFound()
	}
	return answer{status: http.StatusOK, body: h.describeRun(r, c.repository)}
}
