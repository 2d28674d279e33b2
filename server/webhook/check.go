package webhook

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The bounds of what is kept of a payload.
const (
	maxLabels     = 100
	maxLabelBytes = 256
	maxNameBytes  = 256 // of names that people read; what is longer is cut
	maxRunnerName = 64  // GitHub's own limit
	maxAhead      = 10 * time.Minute
	maxAge        = 24 * time.Hour // for which GitHub keeps a job queued. Source: docs.github.com, "Actions limits"
)

// The two parts of a repository's full name. An underscore in the owner is a managed user's.
var (
	ownerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$`)
	repoName  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
)

// actions are what may happen to a job, as far as it concerns us.
var actions = map[string]bool{"queued": true, "waiting": true, "in_progress": true, "completed": true}

// judge says what becomes of a payload: [Queued], or why it goes no further. What is not for us is
// ignored before it is judged closely: no mistake in it is any business of ours.
func (h *Handler) judge(p *payload, wrong error, now time.Time) answer {
	switch action := p.job.Action; {
	case action != "" && !actions[action]:
		return answer{IgnoredAction, nil}
	case wrong != nil:
		return answer{BadPayload, wrong}
	case action == "":
		return answer{BadPayload, errors.New("action is missing")}
	}
	if err := p.checkLabels(); err != nil {
		return answer{BadPayload, err}
	}
	if _, tookOurs := runner.InstanceOf(h.config.Stack, p.job.RunnerName); !tookOurs && !labels.Ours(p.job.Labels) {
		return answer{IgnoredLabels, nil}
	}
	p.settle(now)
	if err := errors.Join(p.checkIDs(), p.checkRepository(), p.checkTime(now)); err != nil {
		return answer{BadPayload, err}
	}
	switch {
	case !p.hasInstalled:
		return answer{IgnoredNoInstallation, nil}
	case !h.allows(p.owner):
		return answer{IgnoredOwner, nil}
	}
	return answer{Queued, nil}
}

func (p *payload) checkLabels() error {
	if !p.hasLabels {
		return errors.New("workflow_job.labels is missing")
	}
	if p.labels > maxLabels {
		return fmt.Errorf("workflow_job.labels has %d labels, at most %d are read", p.labels, maxLabels)
	}
	for i, label := range p.job.Labels {
		if label == "" || len(label) > maxLabelBytes || strings.ContainsFunc(label, unicode.IsControl) {
			return fmt.Errorf("workflow_job.labels[%d] is %q: a label has 1 to %d bytes and no control characters", i, shortened(label), maxLabelBytes)
		}
	}
	return nil
}

// settle fills in what follows from the rest. GitHub says of a job that an approval holds back both
// that it is queued and that it is waiting, in either order: its status is the truth.
func (p *payload) settle(now time.Time) {
	if !p.hasAttempt {
		p.job.RunAttempt = 1
	}
	// GitHub makes the deployment when the job starts, if nothing of the environment holds it back.
	// Source: github.blog/changelog, "Webhook enhancements for environment protection rules", 2022-11-22.
	if p.deploys || !p.waits() {
		p.job.Deploys = runner.YesIf(p.deploys)
	}
	if !p.waits() {
		return
	}
	if p.status == "queued" || p.status == "waiting" {
		p.job.Action = p.status
	}
	p.job.Old = now.Sub(p.job.CreatedAt) > maxAge
}

func (p *payload) waits() bool { return p.job.Action == "queued" || p.job.Action == "waiting" }

func (p *payload) checkIDs() error {
	for _, field := range []struct {
		path string
		id   int64
	}{
		{"workflow_job.id", p.job.ID},
		{"workflow_job.run_id", p.job.RunID},
		{"workflow_job.run_attempt", int64(p.job.RunAttempt)},
		{"repository.id", p.job.Repository.ID},
		{"installation.id", p.job.Installation},
	} {
		if field.id < 1 && (field.path != "installation.id" || p.hasInstalled) {
			return fmt.Errorf("%s is %d, it has to be there and above zero", field.path, field.id)
		}
	}
	if len(p.job.RunnerName) > maxRunnerName {
		return fmt.Errorf("workflow_job.runner_name has %d bytes, GitHub allows %d", len(p.job.RunnerName), maxRunnerName)
	}
	return nil
}

// checkRepository sees that the name is its owner's: it goes into paths of GitHub's API.
func (p *payload) checkRepository() error {
	name := p.job.Repository.FullName
	owner, repository, _ := strings.Cut(name, "/")
	switch {
	case !ownerName.MatchString(owner), !repoName.MatchString(repository), repository == ".", repository == "..":
		return fmt.Errorf("repository.full_name is %q, not an owner/name", shortened(name))
	case owner != p.owner:
		return fmt.Errorf("repository.full_name is %q, its owner is %q", name, shortened(p.owner))
	}
	return nil
}

// checkTime lets a job that runs or has ended go without created_at, which GitHub did not always
// send: by then its age is of no use to anybody.
func (p *payload) checkTime(now time.Time) error {
	switch at := p.job.CreatedAt; {
	case at.IsZero() && p.waits():
		return errors.New("workflow_job.created_at is missing")
	case !at.IsZero() && at.Before(time.Unix(0, 0)):
		return fmt.Errorf("workflow_job.created_at is %s, long before there was GitHub", at.Format(time.RFC3339))
	case at.After(now.Add(maxAhead)):
		return fmt.Errorf("workflow_job.created_at is %s, more than %s ahead of this clock", at.Format(time.RFC3339), maxAhead)
	}
	return nil
}
