package webhook

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The bounds of what is kept of a payload.
const (
	maxLabels     = 100
	maxLabelBytes = 256
	maxNameBytes  = 256 // of names that people read; what is longer is cut
	maxRunnerName = 64  // GitHub's own limit
	maxAhead      = 10 * time.Minute
)

// fullName is owner/name. An underscore in the owner is a managed user's.
var fullName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}$`)

// actions are what may happen to a job, as far as it concerns us.
var actions = map[string]bool{"queued": true, "waiting": true, "in_progress": true, "completed": true}

// parse reads the payload of a workflow_job event. Of an action that does not concern us it reads
// the action alone. A payload that came through no installation of an App has Installation 0.
func parse(body []byte, now time.Time) (runner.JobEvent, error) {
	if !utf8.Valid(body) {
		return runner.JobEvent{}, errors.New("the payload is not valid UTF-8")
	}
	var r reader
	top := r.object("payload", body, "action", "workflow_job", "repository", "installation")
	action := r.text(top, "action")
	if r.err == nil && !actions[action] {
		r.require(action != "", "action is missing")
		return runner.JobEvent{Action: action}, r.err
	}
	event, status := r.job(top.values["workflow_job"])
	event.Action = action
	if action == "queued" && status == "waiting" { // an environment's approval holds the job back
		event.Action = "waiting"
	}
	event.Repository = r.repository(top.values["repository"])
	if top.has("installation") {
		event.Installation = r.id(r.object("installation", top.values["installation"], "id"), "id")
	}
	r.require(!event.CreatedAt.After(now.Add(maxAhead)),
		"workflow_job.created_at is %s, more than %s ahead of this clock", event.CreatedAt, maxAhead)
	if r.err != nil {
		return runner.JobEvent{}, r.err
	}
	return event, nil
}

// job reads workflow_job.
func (r *reader) job(raw []byte) (event runner.JobEvent, status string) {
	job := r.object("workflow_job", raw, "id", "run_id", "run_attempt", "name", "workflow_name", "status",
		"labels", "runner_name", "conclusion", "created_at")
	event = runner.JobEvent{
		ID:         r.id(job, "id"),
		RunID:      r.id(job, "run_id"),
		RunAttempt: 1,
		Name:       shortened(r.text(job, "name")),
		Workflow:   shortened(r.text(job, "workflow_name")),
		Labels:     r.labels(job),
		RunnerName: r.text(job, "runner_name"),
		Conclusion: shortened(r.text(job, "conclusion")),
		CreatedAt:  r.time(job, "created_at"),
	}
	if job.has("run_attempt") {
		event.RunAttempt = int(r.id(job, "run_attempt"))
	}
	r.require(len(event.RunnerName) <= maxRunnerName,
		"workflow_job.runner_name has %d bytes, GitHub allows %d", len(event.RunnerName), maxRunnerName)
	return event, r.text(job, "status")
}

// repository reads who owns the job. The name has to be its owner's: it goes into paths of GitHub's API.
func (r *reader) repository(raw []byte) runner.Repository {
	fields := r.object("repository", raw, "id", "full_name", "owner")
	repository := runner.Repository{ID: r.id(fields, "id"), FullName: r.text(fields, "full_name")}
	login := r.text(r.object("repository.owner", fields.values["owner"], "login"), "login")
	owner, _, _ := strings.Cut(repository.FullName, "/")
	r.require(fullName.MatchString(repository.FullName), "repository.full_name is %q, not an owner/name", repository.FullName)
	r.require(owner == login, "repository.full_name is %q, its owner is %q", repository.FullName, login)
	return repository
}

// shortened is a name that people read, cut to a length that fits into a message.
func shortened(name string) string {
	if len(name) <= maxNameBytes {
		return name
	}
	return strings.ToValidUTF8(name[:maxNameBytes], "")
}
