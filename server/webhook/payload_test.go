package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// The payloads of testdata are GitHub's own examples. In some of them the owner is not the one in
// the repository's full name, and one is of a time before created_at: those are refused.
func TestGitHubsOwnExamples(t *testing.T) {
	for file, want := range map[string]int{
		"workflow_job.completed.1.json":   http.StatusBadRequest,
		"workflow_job.completed.2.json":   http.StatusBadRequest,
		"workflow_job.in_progress.0.json": http.StatusBadRequest,
		"workflow_job.in_progress.3.json": http.StatusBadRequest,
		"workflow_job.in_progress.4.json": http.StatusOK,
		"workflow_job.queued.5.json":      http.StatusBadRequest,
		"workflow_job.queued.6.json":      http.StatusOK,
		"workflow_job.waiting.7.json":     http.StatusOK,
	} {
		p := newParty(t)
		if got := p.post(payload(t, file)).Code; got != want || len(p.sent) != 0 {
			t.Errorf("%s: got status %d and %d events, want %d and none\n%s", file, got, len(p.sent), want, p.log.String())
		}
	}
}

// The same examples, mended, and with a label of ours.
func TestAnEventKeepsWhatMatters(t *testing.T) {
	hello := runner.Repository{ID: 186853002, FullName: "Codertocat/Hello-World"}
	elastic := runner.Repository{ID: 591427149, FullName: "lineville/elastic-machines-testing"}
	approval := runner.JobEvent{
		ID: 12877621891, RunID: 4747967848, RunAttempt: 1, Name: "test", Workflow: "Env Test",
		CreatedAt: time.Date(2023, 4, 19, 21, 12, 12, 0, time.UTC), Repository: elastic,
	}
	for file, want := range map[string]runner.JobEvent{
		"workflow_job.completed.1.json": {
			Action: "completed", ID: 289782451, RunID: 2202229078, RunAttempt: 1, Name: "linters", Workflow: "CodeQL",
			RunnerName: "GitHub Actions 5", Conclusion: "failure", CreatedAt: time.Date(2021, 8, 5, 10, 33, 58, 0, time.UTC), Repository: hello,
		},
		"workflow_job.in_progress.0.json": {
			Action: "in_progress", ID: 2832853555, RunID: 940463255, RunAttempt: 1, Name: "Test workflow", RunnerName: "my runner",
			CreatedAt: time.Date(2021, 6, 15, 19, 22, 27, 0, time.UTC), Repository: runner.Repository{ID: 376034443, FullName: "octo-org/example-workflow"},
		},
		"workflow_job.queued.6.json":  approval,
		"workflow_job.waiting.7.json": approval,
	} {
		want.Labels, want.Installation = []string{"self-hosted", "mayfly=1"}, 5
		values := map[string]any{
			"workflow_job.labels": want.Labels, "installation.id": want.Installation,
			"workflow_job.created_at": want.CreatedAt, "repository.full_name": want.Repository.FullName,
		}
		if want.Repository == hello {
			values["repository.owner.login"] = "Codertocat"
		}
		if want.Action == "" { // GitHub says both that such a job is queued and that it is waiting
			want.Action = "waiting"
		}
		p := newParty(t)
		if got := p.post(changed(t, payload(t, file), values)).Code; got != http.StatusAccepted || len(p.sent) != 1 {
			t.Errorf("%s: got status %d and %d events, want 202 and one\n%s", file, got, len(p.sent), p.log.String())
			continue
		}
		if diff := cmp.Diff(&want, p.sent[0].Job); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestWhatIsNotOursIsIgnored(t *testing.T) {
	for name, test := range map[string]struct {
		values map[string]any
		event  string
		sent   int
	}{
		"a label of ours":             {nil, "workflow_job", 1},
		"another event":               {nil, "workflow_run", 0},
		"a ping":                      {nil, "ping", 0},
		"an action of tomorrow":       {map[string]any{"action": "paused", "workflow_job": nil}, "workflow_job", 0},
		"no label of ours":            {map[string]any{"workflow_job.labels": []string{"ubuntu-latest"}}, "workflow_job", 0},
		"no label at all":             {map[string]any{"workflow_job.labels": []string{}}, "workflow_job", 0},
		"no installation":             {map[string]any{"installation": nil}, "workflow_job", 0},
		"another's label, our runner": {map[string]any{"workflow_job.labels": []string{"k8s"}, "workflow_job.runner_name": runner.Name(stack, "i-0abc", 1)}, "workflow_job", 1},
		"another stack's runner":      {map[string]any{"workflow_job.labels": []string{"k8s"}, "workflow_job.runner_name": runner.Name("other", "i-0abc", 1)}, "workflow_job", 0},
	} {
		p := newParty(t)
		want := http.StatusOK
		if test.sent == 1 {
			want = http.StatusAccepted
		}
		got := p.post(changed(t, ours(t), test.values), header("X-GitHub-Event", test.event)).Code
		if got != want || len(p.sent) != test.sent {
			t.Errorf("%s: got status %d and %d events, want %d and %d\n%s", name, got, len(p.sent), want, test.sent, p.log.String())
		}
	}
}
