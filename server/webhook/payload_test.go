package webhook_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// The payloads of testdata are GitHub's own examples, from docs.github.com. None asks for a runner of
// ours, so nothing comes of any, and none is refused: what is odd in some of them is not our business.
func TestGitHubsOwnExamples(t *testing.T) {
	examples := map[string]webhook.Outcome{
		"installation.created.1.json":                  webhook.IgnoredEvent,
		"installation.created.2.json":                  webhook.IgnoredEvent,
		"installation.deleted.0.json":                  webhook.IgnoredEvent,
		"installation.deleted.3.json":                  webhook.IgnoredEvent,
		"installation.new_permissions_accepted.4.json": webhook.IgnoredEvent,
		"installation.suspend.5.json":                  webhook.IgnoredEvent,
		"installation.unsuspend.6.json":                webhook.IgnoredEvent,
		"installation_repositories.added.0.json":       webhook.IgnoredEvent,
		"installation_repositories.added.1.json":       webhook.IgnoredEvent,
		"installation_repositories.removed.2.json":     webhook.IgnoredEvent,
		"meta.deleted.0.json":                          webhook.IgnoredEvent,
		"meta.deleted.1.json":                          webhook.IgnoredEvent,
		"ping.ping.0.json":                             webhook.IgnoredEvent,
		"ping.ping.1.json":                             webhook.IgnoredEvent,
		"ping.ping.2.json":                             webhook.IgnoredEvent,
		"ping.ping.3.json":                             webhook.IgnoredEvent,
		"workflow_job.completed.1.json":                webhook.IgnoredLabels, // its owner is not the one in its full name
		"workflow_job.completed.2.json":                webhook.IgnoredLabels, // the same
		"workflow_job.in_progress.0.json":              webhook.IgnoredLabels, // of a time before created_at and run_attempt
		"workflow_job.in_progress.3.json":              webhook.IgnoredLabels, // another owner again
		"workflow_job.in_progress.4.json":              webhook.IgnoredLabels,
		"workflow_job.queued.5.json":                   webhook.IgnoredLabels, // another owner, and old
		"workflow_job.queued.6.json":                   webhook.IgnoredLabels, // old
		"workflow_job.waiting.7.json":                  webhook.IgnoredLabels, // old
		"workflow_run.completed.0.json":                webhook.IgnoredEvent,
		"workflow_run.completed.1.json":                webhook.IgnoredEvent,
		"workflow_run.completed.2.json":                webhook.IgnoredEvent,
		"workflow_run.requested.3.json":                webhook.IgnoredEvent,
		"workflow_run.requested.4.json":                webhook.IgnoredEvent,
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(examples) {
		t.Errorf("got %d files and error %v, want %d", len(files), err, len(examples))
	}
	for file, want := range examples {
		p := newParty(t)
		event, _, _ := strings.Cut(file, ".")
		p.want(t, file, p.post(payload(t, file), header("X-GitHub-Event", event)), want, "")
	}
}

// The same examples as if they were of today and for us: with a label of ours, a fresh time and an
// installation. Where the owner is not the one in the full name, that alone still refuses them: such a
// name would lead to somebody else's repository in GitHub's API. With it mended they are taken.
func TestGitHubsOwnExamplesForUs(t *testing.T) {
	const another = `repository.full_name is "Codertocat/Hello-World", its owner is "Octocoders"`
	for file, test := range map[string]struct{ action, owner, refused string }{
		"workflow_job.completed.1.json":   {"completed", "Codertocat", another},
		"workflow_job.completed.2.json":   {"completed", "Codertocat", another},
		"workflow_job.in_progress.0.json": {"in_progress", "octo-org", ""},
		"workflow_job.in_progress.3.json": {"in_progress", "Codertocat", another},
		"workflow_job.in_progress.4.json": {"in_progress", "wolfy1339", ""},
		"workflow_job.queued.5.json":      {"queued", "Codertocat", another},
		"workflow_job.queued.6.json":      {"waiting", "lineville", ""}, // GitHub says queued, and that its status is waiting
		"workflow_job.waiting.7.json":     {"waiting", "lineville", ""},
	} {
		at := time.Now().UTC().Truncate(time.Second)
		body := changed(t, payload(t, file), map[string]any{
			"workflow_job.labels": []string{"self-hosted", "mayfly=1"}, "workflow_job.created_at": at, "installation.id": 5,
		})
		if test.refused != "" {
			p := newParty(t)
			p.want(t, file, p.post(body), webhook.BadPayload, test.refused)
		}
		p := newParty(t)
		p.want(t, file, p.post(changed(t, body, map[string]any{"repository.owner.login": test.owner})), webhook.Queued, "")
		if len(p.sent) == 1 && (p.sent[0].Job.Action != test.action || !p.sent[0].Job.CreatedAt.Equal(at)) {
			t.Errorf("%s: got %+v, want action %s of %s", file, p.sent[0].Job, test.action, at)
		}
	}
}

func TestAnEventKeepsWhatMatters(t *testing.T) {
	at := time.Now().UTC().Truncate(time.Second)
	for file, want := range map[string]runner.JobEvent{
		"workflow_job.completed.1.json": {
			Action: "completed", ID: 289782451, RunID: 2202229078, RunAttempt: 1, Name: "linters", Workflow: "CodeQL",
			RunnerName: "GitHub Actions 5", Conclusion: "failure", Repository: runner.Repository{ID: 186853002, FullName: "Codertocat/Hello-World"},
			Origin: runner.Origin{Public: runner.Yes}, Deploys: runner.No,
		},
		"workflow_job.in_progress.0.json": {
			Action: "in_progress", ID: 2832853555, RunID: 940463255, RunAttempt: 1, Name: "Test workflow", RunnerName: "my runner",
			Repository: runner.Repository{ID: 376034443, FullName: "octo-org/example-workflow"},
			Origin:     runner.Origin{Public: runner.No}, Deploys: runner.No,
		},
		"workflow_job.queued.6.json": {
			Action: "waiting", ID: 12877621891, RunID: 4747967848, RunAttempt: 1, Name: "test", Workflow: "Env Test",
			Repository: runner.Repository{ID: 591427149, FullName: "lineville/elastic-machines-testing"},
			Origin:     runner.Origin{Public: runner.Yes}, Deploys: runner.Yes,
		},
		"workflow_job.waiting.7.json": {
			Action: "waiting", ID: 12877621891, RunID: 4747967848, RunAttempt: 1, Name: "test", Workflow: "Env Test",
			Repository: runner.Repository{ID: 591427149, FullName: "lineville/elastic-machines-testing"},
			Origin:     runner.Origin{Public: runner.Yes},
		},
	} {
		want.Labels, want.Installation, want.CreatedAt = []string{"self-hosted", "mayfly=1"}, 5, at
		owner, _, _ := strings.Cut(want.Repository.FullName, "/")
		p := newParty(t)
		p.post(changed(t, payload(t, file), map[string]any{
			"workflow_job.labels": want.Labels, "workflow_job.created_at": at, "installation.id": 5, "repository.owner.login": owner,
		}))
		if len(p.sent) != 1 {
			t.Errorf("%s: got %d events, want one\n%s", file, len(p.sent), p.log.String())
			continue
		}
		if diff := cmp.Diff(&want, p.sent[0].Job); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestWhatIsNotOursIsIgnored(t *testing.T) {
	ourRunner, theirRunner := runner.Name(stack, "i-0abc", 1), runner.Name("other", "i-0abc", 1)
	foreign := map[string]any{"workflow_job.labels": []string{"k8s"}}
	for name, test := range map[string]struct {
		event  string
		values map[string]any
		owners []string
		want   webhook.Outcome
	}{
		"a label of ours":                   {"workflow_job", nil, nil, webhook.Queued},
		"another event":                     {"workflow_run", nil, nil, webhook.IgnoredEvent},
		"a ping":                            {"ping", nil, nil, webhook.IgnoredEvent},
		"an action of tomorrow":             {"workflow_job", map[string]any{"action": "paused", "workflow_job": nil}, nil, webhook.IgnoredAction},
		"no label of ours":                  {"workflow_job", foreign, nil, webhook.IgnoredLabels},
		"no label at all":                   {"workflow_job", map[string]any{"workflow_job.labels": []string{}}, nil, webhook.IgnoredLabels},
		"no label of ours, and all odd":     {"workflow_job", odd(foreign), nil, webhook.IgnoredLabels},
		"a label of ours, and all odd":      {"workflow_job", odd(nil), nil, webhook.BadPayload},
		"our runner, another's label":       {"workflow_job", with(foreign, "workflow_job.runner_name", ourRunner), nil, webhook.Queued},
		"our runner, and all odd":           {"workflow_job", odd(with(foreign, "workflow_job.runner_name", ourRunner)), nil, webhook.BadPayload},
		"another stack's runner":            {"workflow_job", with(foreign, "workflow_job.runner_name", theirRunner), nil, webhook.IgnoredLabels},
		"no installation":                   {"workflow_job", map[string]any{"installation": nil}, nil, webhook.IgnoredNoInstallation},
		"an owner who is allowed":           {"workflow_job", nil, []string{"octo", "cODERTOCAT"}, webhook.Queued},
		"an owner who is not":               {"workflow_job", nil, []string{"octo", "Codertocat_", "Coder"}, webhook.IgnoredOwner},
		"an owner who is not, and no sense": {"workflow_job", map[string]any{"repository.id": 0}, []string{"octo"}, webhook.BadPayload},
	} {
		p := newParty(t, func(c *webhook.Config) { c.Owners = test.owners })
		p.want(t, name, p.post(changed(t, ours(t), test.values), header("X-GitHub-Event", test.event)), test.want, "")
	}
}

func with(values map[string]any, path string, value any) map[string]any {
	values = maps.Clone(values)
	values[path] = value
	return values
}

// odd is a payload of right types in which nothing makes sense but action and labels.
func odd(values map[string]any) map[string]any {
	all := map[string]any{
		"workflow_job.id": 0, "workflow_job.run_id": -1, "workflow_job.run_attempt": 0, "workflow_job.created_at": nil,
		"repository.id": 0, "repository.full_name": "../..", "installation": nil,
	}
	maps.Copy(all, values)
	return all
}
