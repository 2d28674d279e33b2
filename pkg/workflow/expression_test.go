package workflow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/workflow"
)

// inStep is a job with a matrix and an env, whose one step is given.
func inStep(step string) string {
	return job("    strategy: {matrix: {arch: [arm64], n: [2], on: [true], o: [{a: [x, y]}]}}\n    env: {Foo: bar, EMPTY: ''}\n    runs-on: mayfly\n    steps:\n      - " + step + "\n")
}

func TestExpressionsThatAFileDecidesAreEvaluated(t *testing.T) {
	for source, want := range map[string]string{
		"matrix.arch": "arm64", "MATRIX.ARCH": "arm64", "matrix['arch']": "arm64", "matrix.o.a[1]": "y", "matrix.o.a[2]": "", "matrix.o": "Object", "matrix.o.a": "Array",
		"matrix.none": "", "matrix.none.none": "", "env.FOO": "bar", "env.none": "", "github.run_id": "7", "github.run_attempt": "2", "github.repository": "octo/demo",
		"github.workflow": "ci.yml", "github.job": "check", "'it''s'": "it's", "1.50": "1.5", "true": "true", "null": "", "matrix.n == 2": "true",
		"matrix.n == '2'": "true", "matrix.arch != 'ARM64'": "false", "matrix.on && 'yes' || 'no'": "yes", "env.EMPTY && 'yes' || 'no'": "no",
		"!matrix.on": "false", "'' == 0": "true", "'x' == 0": "false", "null == false": "true", "matrix.on || secrets.X": "true", "github.repository_owner": "octo",
		"startsWith(matrix.arch, 'ARM')": "true", "endswith('abc', 'b')": "false", "contains('Hello', 'ELL')": "true", "contains(matrix.o.a, 'Y')": "true",
		"contains(matrix.o.a, 'z')": "false", "startsWith(null, '')": "true",
	} {
		w := must(t, inStep(`run: "<${{ `+source+` }}>"`))
		if got := w.Jobs[0].Steps[0].Run; got != "<"+want+">" || len(w.Notices) > 0 {
			t.Errorf("%s: got %s and the notices %v, want <%s> and none", source, got, w.Notices, want)
		}
	}
}

func TestOtherExpressionsAreEmptyAndThatIsTold(t *testing.T) {
	for _, source := range []string{"secrets.TOKEN", "steps.a.outputs.b", "needs.a.result", "inputs.x", "github.sha", "hashFiles('a')", "format('{0}', 1)", "matrix.n > 1", "github", "startsWith(secrets.X, 'a')", "contains('a', 'b', 'c')", "github.event_name", "success()", "secrets.X == 'a'", "matrix[secrets.X]", "fromJSON('[]')[0]"} {
		w := must(t, inStep(`run: "<${{ `+source+` }}>"`))
		want := []workflow.Notice{{Position: workflow.Position{Line: 8, Column: 14}, Job: "check", Text: "${{ " + source + " }} is not evaluated here, and is empty"}}
		if diff := cmp.Diff(want, w.Notices); diff != "" || w.Jobs[0].Steps[0].Run != "<>" {
			t.Errorf("%s: got %q, notices (-want +got):\n%s", source, w.Jobs[0].Steps[0].Run, diff)
		}
	}
}

func TestWhatAJobAsksForInVainIsTold(t *testing.T) {
	w := must(t, job("    container: golang:1\n    services: {db: {image: postgres}}\n    continue-on-error: true"+ending)+"  b:\n    continue-on-error: false"+ending)
	want := []workflow.Notice{
		{Position: workflow.Position{Line: 4, Column: 5}, Job: "check", Text: "there is no container here: the steps run on the machine itself"},
		{Position: workflow.Position{Line: 5, Column: 15}, Job: "check", Text: "services are not started here"},
		{Position: workflow.Position{Line: 6, Column: 24}, Job: "check", Text: "a job's continue-on-error is not followed here: if it fails, what needs it is skipped"},
	}
	if diff := cmp.Diff(want, w.Notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestANoticeOfAMatrixIsTakenOnce(t *testing.T) {
	w := must(t, job("    strategy: {matrix: {a: [1, 2, 3]}}\n    runs-on: mayfly\n    env: '${{ fromJSON(vars.ALL) }}'\n    steps: [run: 'echo ${{ secrets.A }}']\n"))
	if len(w.Jobs) != 3 || len(w.Notices) != 2 {
		t.Errorf("got %d jobs and the notices %v, want 3 and two", len(w.Jobs), w.Notices)
	}
}

func TestAnEnvWhereGitHubHasNoneIsEvaluatedAndTold(t *testing.T) {
	w := must(t, "on: push\nenv: {SIZE: 2cpu-linux-x64}\njobs:\n  a:\n    name: on ${{ env.SIZE }}\n    runs-on: mayfly/runner=${{ env.SIZE }}\n    env: {A: '${{ env.SIZE }}'}\n    steps: [run: 'echo ${{ env.A }}']\n")
	one := w.Jobs[0]
	if one.Name != "on 2cpu-linux-x64" || one.Labels[0] != "mayfly/runner=2cpu-linux-x64" || one.Env["A"] != "2cpu-linux-x64" || one.Steps[0].Run != "echo 2cpu-linux-x64" {
		t.Errorf("got %+v, want the size everywhere", one)
	}
	var lines []int
	for _, notice := range w.Notices {
		lines = append(lines, notice.Line)
	}
	if diff := cmp.Diff([]int{5, 6, 7}, lines); diff != "" || !strings.Contains(w.Notices[0].Text, "refused by GitHub") {
		t.Errorf("notices %v (-want +got):\n%s", w.Notices, diff)
	}
}

func TestConditionsOfTheSimpleKindsAreRead(t *testing.T) {
	for condition, want := range map[string]workflow.When{
		"always()": workflow.Always, "${{ always() }}": workflow.Always, "failure()": workflow.OnFailure, "success()": workflow.OnSuccess, "!cancelled()": workflow.Always,
		"false": workflow.Never, "${{ true }}": workflow.OnSuccess, "matrix.arch == 'arm64'": workflow.OnSuccess, "matrix.arch == 'x64'": workflow.Never,
		"always() && matrix.on": workflow.Always, "matrix.on && failure()": workflow.OnFailure, "failure() && matrix.n == 3": workflow.Never,
		"always() && failure()": workflow.OnFailure, "cancelled()": workflow.Never, "github.ref == 'x'": workflow.Unclear, "success() || failure()": workflow.Always,
		"failure() || cancelled()": workflow.OnFailure, "!success()": workflow.OnFailure, "failure() && secrets.X": workflow.Unclear, "always() || secrets.X": workflow.Always,
		"startsWith(matrix.arch, 'arm')": workflow.OnSuccess, "contains(github.repository, 'octo') && !failure()": workflow.OnSuccess,
		"secrets.X && failure()": workflow.Unclear, "${{ matrix.on }} == true": workflow.Unclear, "a${{ matrix.on }}": workflow.Unclear, "success(1)": workflow.Unclear,
		"!matrix.on": workflow.Never,
	} {
		w := must(t, inStep("{run: make, if: "+`"`+condition+`"`+"}"))
		if got := w.Jobs[0].Steps[0].If; got.When != want || got.Text == "" {
			t.Errorf("%s: got %+v, want %s", condition, got, want)
		}
	}
	if got := must(t, inStep("run: make")).Jobs[0].Steps[0].If; got != (workflow.Condition{When: workflow.OnSuccess}) {
		t.Errorf("none: got %+v, want that it runs on success", got)
	}
}

func TestOfAPushMoreIsKnown(t *testing.T) {
	push := run
	push.Push = "release/1"
	text := inStep(`run: "${{ github.event_name }} ${{ github.ref }} ${{ github.ref_name }} ${{ github.ref_type }} <${{ github.head_ref }}>"`)
	w, err := workflow.Parse("ci.yml", []byte(text), push)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.Jobs[0].Steps[0].Run, "push refs/heads/release/1 release/1 branch <>"; got != want || len(w.Notices) > 0 {
		t.Errorf("got %q and the notices %v, want %q and none", got, w.Notices, want)
	}
}

func TestOfARunnerItsSystemMayBeKnownInSteps(t *testing.T) {
	linux := run
	linux.OS = "Linux"
	w, err := workflow.Parse("ci.yml", []byte(inStep(`{run: "${{ runner.os }} <${{ runner.temp }}>", if: runner.os == 'Windows'}`)), linux)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Jobs[0].Steps[0]; got.Run != "Linux <>" || got.If.When != workflow.Never || len(w.Notices) != 1 {
		t.Errorf("got %q, %s and the notices %v, want Linux, never, and that its temp is not known", got.Run, got.If.When, w.Notices)
	}
	w, err = workflow.Parse("ci.yml", []byte(job("    runs-on: mayfly-${{ runner.os }}\n    steps: [run: make]\n")), linux)
	if err != nil || w.Jobs[0].NotHere == "" {
		t.Errorf("got %+v, %v, want that what it runs on cannot go by its runner", w.Jobs, err)
	}
}

func TestWhatCannotRunHereIsKeptWithTheReason(t *testing.T) {
	for inside, want := range map[string]string{
		"    uses: ./.github/workflows/a.yml\n":                                                              "it calls the workflow ./.github/workflows/a.yml, and reusable workflows run on GitHub only",
		"    if: github.ref == 'refs/heads/main'" + ending:                                                   "whether it runs is decided by github.ref == 'refs/heads/main', which is not evaluated here",
		"    if: matrix.a == 1\n    strategy: {matrix: {a: [1]}}" + ending:                                   "whether it runs is decided by matrix.a == 1, which is not evaluated here",
		"    strategy: {matrix: '${{ fromJSON(needs.a.outputs.b) }}'}" + ending:                              "its matrix comes out of an expression, which is not evaluated here",
		"    strategy: {matrix: {a: '${{ fromJSON(vars.A) }}'}}" + ending:                                    "its matrix comes out of an expression, which is not evaluated here",
		"    strategy: {matrix: {a: [1], include: '${{ fromJSON(vars.A) }}'}}" + ending:                      "its matrix comes out of an expression, which is not evaluated here",
		"    strategy: {matrix: {a: [1], exclude: ['${{ fromJSON(vars.A) }}']}}" + ending:                    "its matrix comes out of an expression, which is not evaluated here",
		"    runs-on: ${{ inputs.runner }}\n    steps: [run: make]\n":                                        "it runs on ${{ inputs.runner }}, which is not evaluated here",
		"    runs-on: [self-hosted, 'a-${{ vars.A }}']\n    steps: [run: make]\n":                            "its label is a-${{ vars.A }}, which is not evaluated here",
		"    runs-on: {group: '${{ vars.G }}', labels: '${{ fromJSON(vars.L) }}'}\n    steps: [run: make]\n": "it runs on ${{ fromJSON(vars.L) }}, which is not evaluated here",
	} {
		w := must(t, job(inside))
		if got := w.Jobs[0].NotHere; got != want {
			t.Errorf("%s: got %q, want %q", inside, got, want)
		}
	}
}

func TestLabelsMayComeOutOfTheMatrixAsAList(t *testing.T) {
	w := must(t, job("    strategy: {matrix: {on: [[mayfly, cpu=2], [mayfly, cpu=4]]}}\n    runs-on: ${{ matrix.on }}\n    steps: [run: make]\n"))
	if diff := cmp.Diff([]string{"mayfly", "cpu=4"}, w.Jobs[1].Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}
