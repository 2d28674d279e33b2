package webhook

import (
	"strings"
	"unicode"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// payload is what a workflow_job event says, as far as it is read; it may be nonsense still.
type payload struct {
	job          runner.JobEvent
	status       string
	owner        string // of the repository, by its own field
	hasLabels    bool
	hasAttempt   bool
	deploys      bool // it has a deployment, as has every job of an environment
	hasInstalled bool
	labels       int // how many there are, of which no more are kept than may be
}

// readPayload reads a payload in one pass. Broken is the error of a text that is no payload; wrong
// that of one with a value of the wrong type.
func readPayload(body []byte) (p payload, broken, wrong error) {
	r := newReader(body)
	defer r.close()
	if r.json.PeekKind() == 'n' { // which a member may be, but not the whole
		r.mistake("payload is null")
	}
	for name := range r.members("payload", "action", "workflow_job", "repository", "installation", "deployment") {
		switch name {
		case "action":
			p.job.Action = r.text("action")
		case "workflow_job":
			p.readJob(r)
		case "repository":
			p.readRepository(r)
		case "deployment":
			p.deploys = !r.null()
			r.skip()
		case "installation":
			p.hasInstalled = !r.null()
			for range r.members("installation", "id") {
				p.job.Installation = r.id("installation.id")
			}
		}
	}
	r.end()
	return p, r.broken, r.wrong
}

func (p *payload) readJob(r *reader) {
	for name := range r.members("workflow_job", "id", "run_id", "run_attempt", "name", "workflow_name", "status",
		"labels", "runner_name", "conclusion", "created_at") {
		path := "workflow_job." + name
		switch name {
		case "id":
			p.job.ID = r.id(path)
		case "run_id":
			p.job.RunID = r.id(path)
		case "run_attempt":
			p.hasAttempt = !r.null()
			p.job.RunAttempt = int(r.id(path))
		case "name":
			p.job.Name = shown(r.text(path))
		case "workflow_name":
			p.job.Workflow = shown(r.text(path))
		case "status":
			p.status = r.text(path)
		case "labels":
			p.readLabels(r, path)
		case "runner_name":
			p.job.RunnerName = r.text(path)
		case "conclusion":
			p.job.Conclusion = shown(r.text(path))
		case "created_at":
			p.job.CreatedAt = r.time(path)
		}
	}
}

func (p *payload) readLabels(r *reader, path string) {
	p.hasLabels = !r.null()
	for range r.list(path) {
		p.labels++
		if r.null() {
			r.mistake("%s has a null, its members have to be strings", path)
		}
		if label := r.text(path); p.labels <= maxLabels {
			p.job.Labels = append(p.job.Labels, label)
		}
	}
}

func (p *payload) readRepository(r *reader) {
	var private, forkable runner.Known
	for name := range r.members("repository", "id", "full_name", "private", "allow_forking", "owner") {
		switch name {
		case "id":
			p.job.Repository.ID = r.id("repository.id")
		case "private":
			private = r.known("repository.private")
		case "allow_forking":
			forkable = r.known("repository.allow_forking")
		case "full_name":
			p.job.Repository.FullName = r.text("repository.full_name")
		case "owner":
			for range r.members("repository.owner", "login") {
				p.owner = r.text("repository.owner.login")
			}
		}
	}
	p.job.Origin = originOf(private, forkable)
}

// originOf is what a repository tells of where its jobs' code comes from: of one that is private and
// has no forks, it is its own.
func originOf(private, forkable runner.Known) (origin runner.Origin) {
	switch private {
	case runner.Yes:
		origin.Public = runner.No
		if forkable == runner.No {
			origin.Fork = runner.No
		}
	case runner.No:
		origin.Public = runner.Yes
	case runner.Unsaid:
	}
	return origin
}

// shown is a name that only people read: cut to a length that fits into a message, and without what
// would do something to a terminal.
func shown(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, shortened(name))
}

func shortened(name string) string {
	if len(name) <= maxNameBytes {
		return name
	}
	return strings.ToValidUTF8(name[:maxNameBytes], "")
}
