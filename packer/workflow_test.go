package packer_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/mayfly-ci/mayfly/pkg/workflow"
)

func TestTheWorkflowIsOneThatGitHubWouldRun(t *testing.T) {
	read, err := workflow.Read("workflow.yaml", workflow.Run{ID: 1, Attempt: 1, Repository: "octo/images", OS: "Linux"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, job := range read.Jobs {
		names = append(names, job.Name)
		if job.Timeout == 0 {
			t.Errorf("%s has no time limit", job.Name)
		}
		for _, step := range job.Steps {
			if step.Uses != "" && !pinned.MatchString(step.Uses) {
				t.Errorf("%s uses %s, which may be another action tomorrow", job.Name, step.Uses)
			}
			if strings.Contains(step.Run, "${{") {
				t.Errorf("%s: an expression in a script is code of whoever decides its value: %s", job.Name, step.Run)
			}
		}
	}
	if diff := cmp.Diff([]string{"ubuntu24-minimal-x64", "ubuntu24-minimal-arm64", "deprecate and remove"}, names); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

var pinned = regexp.MustCompile(`^[a-z-]+/[a-z-]+@[0-9a-f]{40}$`)

func TestTheWorkflowMayDoNoMoreThanItHasTo(t *testing.T) {
	text, err := os.ReadFile("workflow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Permissions map[string]string
		Jobs        map[string]struct{ Permissions map[string]string }
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if file.Permissions == nil || len(file.Permissions) != 0 {
		t.Errorf("of all jobs: got %v, want none", file.Permissions)
	}
	for name, job := range file.Jobs {
		if diff := cmp.Diff(map[string]string{"contents": "read", "id-token": "write"}, job.Permissions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "uses:") && !regexp.MustCompile(`# v[0-9.]+\n$`).MatchString(line) {
			t.Errorf("which version is it? %s", line)
		}
	}
}

// The flags of the workflow are flags that there are, and so is all that make builds.
func TestTheWorkflowCallsWhatThereIs(t *testing.T) {
	usage, err := os.ReadFile("../cmd/mayfly-aws/image/image.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("workflow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, called, _ := strings.Cut(string(text), "bin/mayfly image build")
	called, _, _ = strings.Cut(called, "env:")
	flags := regexp.MustCompile(`--[a-z-]+`).FindAllString(called, -1)
	for _, flag := range slices.DeleteFunc(flags, func(f string) bool { return slices.Contains([]string{"--fail", "--silent", "--show-error"}, f) }) {
		if !strings.Contains(string(usage), "      "+flag+" ") {
			t.Errorf("mayfly image build has no %s", flag)
		}
	}
}
