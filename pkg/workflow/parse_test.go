package workflow_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/workflow"
)

var run = workflow.Run{ID: 7, Attempt: 2, Repository: "octo/demo"}

// must parses a text that is right.
func must(t *testing.T, text string) workflow.Workflow {
	t.Helper()
	w, err := workflow.Parse("ci.yml", []byte(text), run)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return w
}

// job is a workflow of one job with what is given, indented by four.
func job(inside string) string { return "on: push\njobs:\n  check:\n" + inside }

const ending = "\n    runs-on: mayfly\n    steps: [run: make]\n"

func TestAWholeFileIsRead(t *testing.T) {
	w := must(t, `name: CI
on: push
env: {LEVEL: file, WHO: "${{ github.repository }}"}
defaults: {run: {shell: sh, working-directory: sub}}
jobs:
  deploy:
    needs: [Build]
    if: always()
    runs-on: {group: big, labels: [self-hosted, "mayfly=${{ github.run_id }}"]}
    timeout-minutes: 1.5
    steps:
      - uses: actions/checkout@v4
      - name: say ${{ env.level }}
        run: |
          echo ${{ env.STEP }} ${{ github.run_attempt }}
          echo two
        env: {STEP: "${{ env.WHO }}!"}
        shell: bash
        working-directory: ${{ github.job }}
        if: failure()
        timeout-minutes: 2
        continue-on-error: true
  build:
    runs-on: mayfly=7/cpu=2
    env: {LEVEL: job}
    defaults: {run: {shell: python}}
    steps:
      - run: print(1)
`)
	if w.Name != "CI" || len(w.Notices) > 0 {
		t.Errorf("got %q and %v, want CI and no notice", w.Name, w.Notices)
	}
	env := map[string]string{"LEVEL": "file", "WHO": "octo/demo"}
	want := []workflow.Job{
		{
			Key: "build", Name: "build", Position: workflow.Position{Line: 23, Column: 3}, Labels: []string{"mayfly=7/cpu=2"},
			Env: map[string]string{"LEVEL": "job", "WHO": "octo/demo"}, If: workflow.Condition{When: workflow.OnSuccess},
			Steps: []workflow.Step{{
				Name: "print(1)", Run: "print(1)", Shell: "python", WorkingDirectory: "sub", Env: map[string]string{},
				Position: workflow.Position{Line: 28, Column: 9}, If: workflow.Condition{When: workflow.OnSuccess},
			}},
		},
		{
			Key: "deploy", Name: "deploy", Position: workflow.Position{Line: 6, Column: 3}, Needs: []string{"build"},
			Labels: []string{"self-hosted", "mayfly=7"}, Group: "big", Env: env, If: workflow.Condition{When: workflow.Always, Text: "always()"},
			Timeout: 90 * time.Second,
			Steps: []workflow.Step{
				{
					Name: "actions/checkout@v4", Uses: "actions/checkout@v4", Env: map[string]string{},
					Position: workflow.Position{Line: 12, Column: 9}, If: workflow.Condition{When: workflow.OnSuccess},
				},
				{
					Name: "say file", Run: "echo octo/demo! 2\necho two\n", Shell: "bash", WorkingDirectory: "deploy",
					Env: map[string]string{"STEP": "octo/demo!"}, Position: workflow.Position{Line: 13, Column: 9},
					If: workflow.Condition{When: workflow.OnFailure, Text: "failure()"}, Timeout: 2 * time.Minute, ContinueOnError: true,
				},
			},
		},
	}
	if diff := cmp.Diff(want, w.Jobs); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func TestWhatIsWrongIsToldWithItsPlaceAndTheWayOut(t *testing.T) {
	many := "[" + strings.Repeat("1, ", 16) + "1]"
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "ci.yml:1:1: workflow is empty: write a workflow, or give another file"},
		"no YAML":        {"on: push\njobs: [", "ci.yml:2:"},
		"tab":            {"on: push\njobs:\n\ta: 1\n", "ci.yml:3:1: could not parse as YAML: found character that cannot start any token: mend the YAML"},
		"no trigger":     {"jobs:\n  a:" + ending, `"on" section is missing in workflow: say when it runs, as in on: push`},
		"no jobs":        {"on: push\n", `"jobs" section is missing in workflow: say what it runs`},
		"no runs-on":     {job("    steps: [run: make]\n"), `ci.yml:3:3: "runs-on" section is missing in job "check": say what it runs on, as in runs-on: mayfly=`},
		"empty runs-on":  {job("    runs-on: []\n    steps: [run: make]\n"), `ci.yml:4:14: "runs-on" section should not be empty: say what it runs on, as in runs-on: mayfly=`},
		"empty run":      {job("    runs-on: mayfly\n    steps: [run: '']\n"), `string should not be empty: give it a value, or leave the key out`},
		"a key twice":    {job("    runs-on: x\n    runs-on: y\n    steps: [run: make]\n"), `ci.yml:5:5: key "runs-on" is duplicated in "check" job. previously defined at line:4,col:5: keep one of the two`},
		"a list":         {"[1, 2]", `"workflow" section is sequence node but mapping node is expected: write keys and values there`},
		"no list":        {job("    runs-on: x\n    steps: make\n"), `write a list there, as in [a, b]`},
		"no value":       {job("    runs-on: x\n    name: [a]\n    steps: [run: make]\n"), `write a single value there`},
		"misspelt key":   {job("    steps: [run: make]\n    run-on: x\n"), `ci.yml:5:5: unknown key "run-on": did you mean "runs-on"?`},
		"misspelt step":  {job("    runs-on: x\n    steps: [{run: make, nam: x}]\n"), `unknown key "nam": did you mean "name"?`},
		"unknown key":    {job("    colour: red" + ending), `ci.yml:4:5: unexpected key "colour" for "job" section. expected one of`},
		"unknown need":   {job("    needs: biuld"+ending) + "  build:" + ending, `ci.yml:4:12: job "check" needs "biuld", which is no job of this file: did you mean "build"?`},
		"alone":          {job("    needs: other" + ending), `which is no job of this file: there is none`},
		"itself":         {job("    needs: check" + ending), `ci.yml:3:3: the jobs need each other in a circle, check → check: take one of these needs out`},
		"circle":         {job("    needs: a"+ending) + "  a:\n    needs: b" + ending + "  b:\n    needs: a" + ending, `ci.yml:7:3: the jobs need each other in a circle, a → b → a`},
		"bad key":        {"on: push\njobs:\n  1a:" + ending, `ci.yml:3:3: "1a" is no name for a job: start with a letter`},
		"shell":          {job("    runs-on: x\n    steps: [{run: make, shell: bahs}]\n"), `ci.yml:5:32: unknown shell "bahs": did you mean "bash"?`},
		"default shell":  {job("    defaults: {run: {shell: fish}}" + ending), `ci.yml:4:29: unknown shell "fish": there is bash, sh, python, pwsh, powershell and cmd; any other is a command with {0}`},
		"empty values":   {job("    strategy: {matrix: {a: []}}" + ending), `"matrix values" section should not be empty: list at least one value`},
		"all excluded":   {job("    strategy: {matrix: {a: [1], exclude: [{a: 1}]}}" + ending), `the matrix of job "check" makes no job, for all of it is excluded: exclude less`},
		"exclude":        {job("    strategy: {matrix: {arch: [1], exclude: [{acrh: 1}]}}" + ending), `ci.yml:4:47: the matrix has no key "acrh" to exclude: did you mean "arch"?`},
		"large matrix":   {job("    strategy: {matrix: {a: " + many + ", b: " + many + "}}" + ending), `the matrix of job "check" makes 289 jobs, and GitHub takes at most 256`},
		"huge matrix":    {job("    strategy: {matrix: {a: " + many + ", b: " + many + ", c: " + many + ", d: " + many + "}}" + ending), `more than 65536 combinations up to "d"`},
		"bad expression": {job("    runs-on: x\n    steps: [run: 'echo ${{ matrix. }}']\n"), `ci.yml:5:18: the expression ${{ matrix. }} is none: `},
		"open":           {job("    runs-on: x\n    steps: [run: 'echo ${{ matrix.a']\n"), `the expression ${{ matrix.a is none: `},
		"bad condition":  {job("    if: a ==" + ending), `ci.yml:4:9: the condition "a ==" is none: `},
		"empty label":    {job("    strategy: {matrix: {arch: [x64]}}\n    runs-on: ${{ matrix.acrh }}\n    steps: [run: make]\n"), `ci.yml:5:14: job "check" runs on ${{ matrix.acrh }}, which is empty: give it a label, or mend the name (its matrix has arch)`},
		"no time":        {job("    timeout-minutes: ${{ 'x' }}" + ending), `timeout-minutes must be a number above 0`},
		"parser":         {job("    timeout-minutes: !!float nan" + ending), `ci.yml:1:1: it cannot be parsed`},
		"deep":           {"on: push\njobs: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), `nested deeper than 100 levels`},
		"aliases":        {bomb(), `its aliases stand for more than 100000 values in all`},
		"endless":        {"on: push\njobs: &a [*a]\n", `nested deeper than 100 levels`},
		"large":          {strings.Repeat("#", 512<<10+1), "ci.yml:1:1: it is larger than 512 KiB"},
		"many jobs":      {"on: push\njobs:\n" + numbered(1001), "ci.yml:3003:3: there are more than 1000 jobs"},
		"multiplied":     {"on: push\njobs:\n" + strings.ReplaceAll(numbered(5), "steps:", "strategy: {matrix: {a: "+many+", b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]}}\n    steps:"), "there are more than 1000 jobs"},
	} {
		_, err := workflow.Parse("ci.yml", []byte(c.text), run)
		var wrong *workflow.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) || wrong.Line < 1 || wrong.Column < 1 {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %q, want one line", name, err)
		}
	}
}

// bomb is a little YAML that stands for a lot.
func bomb() string {
	var text strings.Builder
	text.WriteString("on: push\njobs:\n  check:\n    strategy:\n      matrix:\n        a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n")
	for i := range 9 {
		before := "*a" + strconv.Itoa(i)
		fmt.Fprintf(&text, "        a%d: &a%[1]d [%s]\n", i+1, strings.Repeat(before+", ", 9)+before)
	}
	return text.String()
}

// numbered is so many jobs, of three lines each.
func numbered(n int) string {
	var all strings.Builder
	for i := range n {
		all.WriteString("  j" + strconv.Itoa(i) + ":" + ending)
	}
	return all.String()
}

func TestAFileThatCannotBeReadIsToldWithItsPath(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "ci.yml")
	for path, want := range map[string]string{missing: "no such file or directory", t.TempDir(): "is a directory"} {
		_, err := workflow.Read(path, run)
		if err == nil || !strings.HasPrefix(err.Error(), path+":1:1: ") || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ".github/workflows/ci.yml") {
			t.Errorf("got %v, want %s, the path and the way out", err, want)
		}
	}
	if err := os.WriteFile(missing, []byte(job(ending)), 0o600); err != nil {
		t.Fatal(err)
	}
	if w, err := workflow.Read(missing, run); err != nil || w.Name != missing {
		t.Errorf("got %q, %v, want it named after its path, as GitHub does", w.Name, err)
	}
}

func TestAFilterOfEventsWithoutAValueIsNoMistake(t *testing.T) {
	must(t, "on: {push: {branches: , tags: }}\njobs:\n  a:"+ending)
	if _, err := workflow.Parse("ci.yml", []byte(job("    runs-on: mayfly\n    steps: [{run: make, name: x, working-directory: }]\n")), run); err == nil {
		t.Error("got no error of a step's empty value, want one")
	}
}

func TestAnAnchorThatNobodyUsesIsNoMistake(t *testing.T) {
	must(t, job("    runs-on: &here mayfly\n    steps: [run: make]\n"))
	w := must(t, job("    runs-on: &here mayfly\n    steps: &what [run: make]\n  b: {runs-on: *here, steps: *what}\n"))
	if got := w.Jobs[1].Labels; len(got) != 1 || got[0] != "mayfly" {
		t.Errorf("got %v, want what the alias stands for", got)
	}
}
