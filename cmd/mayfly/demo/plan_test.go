package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// planned is the plan of a file's text.
func planned(t *testing.T, text string, flags Flags) (plan, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("ci.yml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags.Workflow = "ci.yml"
	return newPlan(flags)
}

func TestAPlanHasAJobAsTheFileHasIt(t *testing.T) {
	got, err := planned(t, `name: CI
on: push
env: {A: file, GITHUB_RUN_ID: "1", KEY: "${{ secrets.KEY }}"}
jobs:
  another: {runs-on: mayfly, if: false, steps: [run: make]}
  lint: {runs-on: ubuntu-latest, steps: [run: "echo ${{ secrets.OTHER }}"]}
  build:
    name: the build
    runs-on: [self-hosted, "mayfly=${{ github.run_id }}"]
    timeout-minutes: 3
    env: {B: job}
    defaults: {run: {shell: sh}}
    steps:
      - name: one
        run: echo one
        working-directory: sub
        env: {C: step}
        if: always()
        timeout-minutes: 2
        continue-on-error: true
      - uses: actions/checkout@v4
        if: failure()
      - {run: echo three, if: "hashFiles('go.sum') != ''"}
      - {run: 'echo ${{ secrets.KEY }}', if: runner.os == 'Windows'}
`, Flags{Step: "echo extra\nexit 1"})
	if err != nil {
		t.Fatal(err)
	}
	want := localhub.Job{
		Name: "the build", Workflow: "CI", Labels: []string{"self-hosted", "mayfly=7000000001"}, RunID: runID, When: localhub.OnSuccess, Timeout: 3 * time.Minute,
		Env: map[string]string{
			"A": "file", "B": "job", "KEY": "", "GITHUB_REPOSITORY": "mayfly-ci/sample", "GITHUB_RUN_ID": "7000000001", "GITHUB_RUN_ATTEMPT": "1",
			"GITHUB_RUN_NUMBER": "1", "GITHUB_WORKFLOW": "CI", "GITHUB_JOB": "build", "GITHUB_REPOSITORY_OWNER": "mayfly-ci", "GITHUB_EVENT_NAME": "push",
			"GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch",
		},
		Steps: []localhub.Step{
			{
				Name: "one", Run: "echo one", Shell: "sh", WorkingDirectory: "sub", Env: map[string]string{"C": "step"}, When: localhub.Always,
				Timeout: 2 * time.Minute, ContinueOnError: true,
			},
			{Name: "actions/checkout@v4", NotHere: "actions run on GitHub only", Env: map[string]string{}, When: localhub.OnFailure},
			{
				Name: "echo three", Run: "echo three", Shell: "sh", Env: map[string]string{},
				NotHere: "its condition, hashFiles('go.sum') != '', is not evaluated here",
			},
			{Name: "echo", Run: "echo ", Shell: "sh", Env: map[string]string{}, When: localhub.Never},
			{Name: "echo extra", Run: "echo extra\nexit 1"},
		},
	}
	if diff := cmp.Diff([]localhub.Job{want}, got.jobs[1:]); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	var told strings.Builder
	got.tell(func(text string) { told.WriteString(text + "\n") })
	wantTold := `Not run here:
  ci.yml:6:3: lint: it runs on ubuntu-latest, which asks for no runner of ours: use a label such as mayfly/runner=2cpu-linux-x64
  ci.yml:21:9: actions/checkout@v4: actions run on GitHub only
  ci.yml:23:9: echo three: its condition, hashFiles('go.sum') != '', is not evaluated here

Otherwise than on GitHub:
  ci.yml:3:41: ${{ secrets.KEY }} is not evaluated here, and is empty
  ci.yml:24:15: ${{ secrets.KEY }} is not evaluated here, and is empty

`
	if diff := cmp.Diff(wantTold, told.String()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestWhatNeedsAJobThatDoesNotRunHereNeedsWhatThatNeeds(t *testing.T) {
	var text strings.Builder
	text.WriteString("on: push\njobs:\n")
	for _, job := range []struct{ key, inside string }{
		{"build", "runs-on: 'mayfly/cpu=${{ matrix.cpu }}', strategy: {matrix: {cpu: [1, 2]}}"},
		{"lint", "runs-on: ubuntu-latest, needs: build"},
		{"test", "runs-on: '${{ matrix.on }}', strategy: {matrix: {on: [mayfly, windows]}}, needs: lint"},
		{"staging", "runs-on: mayfly/env=staging"},
		{"far", "runs-on: mayfly/region=eu-west-1"},
		{"group", "runs-on: {group: big, labels: [mayfly]}"},
		{"unclear", "runs-on: mayfly, if: github.sha == 'x'"},
		{"never", "runs-on: windows, if: github.ref != 'refs/heads/main'"},
		{"deploy", "runs-on: mayfly, needs: [test, staging, unclear, never]"},
	} {
		fmt.Fprintf(&text, "  %s: {%s, steps: [run: make]}\n", job.key, job.inside)
	}
	got, err := planned(t, text.String(), Flags{})
	if err != nil {
		t.Fatal(err)
	}
	needs := map[string][]string{}
	for i, job := range got.jobs {
		needs[job.Name] = []string{}
		for _, need := range got.needs[i] {
			needs[job.Name] = append(needs[job.Name], got.jobs[need].Name)
		}
	}
	want := map[string][]string{
		"build (1)": {}, "build (2)": {}, "test (mayfly)": {"build (1)", "build (2)"}, "never": {},
		"deploy": {"test (mayfly)", "build (1)", "build (2)", "never"},
	}
	if diff := cmp.Diff(want, needs); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
	for i, want := range []string{
		"ci.yml:4:3: lint: it runs on ubuntu-latest, which asks for no runner of ours: use a label such as mayfly/",
		"ci.yml:5:3: test (windows): it runs on windows, which asks",
		"ci.yml:6:3: staging: its label asks for env=staging, which is another stack than this",
		"ci.yml:7:3: far: its label asks for region=eu-west-1, which is another stack than this",
		`ci.yml:8:3: group: it asks for the runner group "big", and here is none but Default`,
		"ci.yml:9:3: unclear: whether it runs is decided by github.sha == 'x', which is not evaluated here",
	} {
		if !strings.HasPrefix(got.notHere[i], want) {
			t.Errorf("got %q, want %q", got.notHere[i], want)
		}
	}
}

func TestAFileOfWhichNothingRunsHereIsSaid(t *testing.T) {
	text := "on: push\njobs:\n  lint: {runs-on: ubuntu-latest, steps: [run: make]}\n"
	if _, err := planned(t, text, Flags{}); err == nil || !strings.HasPrefix(err.Error(), "ci.yml: none of its jobs runs here: ci.yml:3:3: lint: it runs on ubuntu-latest") {
		t.Errorf("got %v, want the reason of the first", err)
	}
	if got, err := planned(t, text, Flags{Keep: true, Step: "true"}); err != nil || len(got.jobs) > 0 {
		t.Errorf("with --keep: got %v, %v, want no job, and no error", got.jobs, err)
	}
}

func TestOfManyNoticesTheFirstAreTold(t *testing.T) {
	var told strings.Builder
	p := plan{notices: strings.Fields(strings.Repeat("line\x1b ", 23))}
	p.tell(func(text string) { told.WriteString(text) })
	if got := told.String(); strings.Count(got, "\n  line") != 20 || !strings.HasSuffix(got, "\n  and 3 more\n") || strings.Contains(got, "\x1b") {
		t.Errorf("got %q, want 20 lines that a terminal can be shown, and 3 more", got)
	}
}

func TestASampleHasItsLimitAndAFileAnother(t *testing.T) {
	if got, want := (plan{}).limit(), 10*time.Minute; got != want {
		t.Errorf("the sample: got %v, want %v", got, want)
	}
	if got, want := (plan{file: filepath.Join("a", "b")}).limit(), 6*time.Hour; got != want {
		t.Errorf("a file: got %v, want %v", got, want)
	}
}
