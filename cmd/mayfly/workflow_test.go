package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAWorkflowFileIsRunInPlaceOfTheSample(t *testing.T) {
	const file = "demo/testdata/ci.yml"
	code, stdout, stderr, temp := mayfly(t, "demo", "--json", "--workflow", file)
	if code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
	got := totals(t, stdout)
	want := map[string]any{"jobs": 5.0, "completed": 5.0, "succeeded": 4.0, "skipped": 1.0, "lost": 0.0, "instances_launched": 4.0, "instances_left": 0.0}
	for key := range got {
		if _, fixed := want[key]; !fixed {
			delete(got, key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"demo/testdata/ci.yml:19:9: actions/checkout@v4: actions run on GitHub only\n",
		": lint: it runs on ubuntu-latest, which asks for no runner of ours",
		"  notify               completed: skipped\n",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("want %q", want)
		}
	}
	last := 0
	for _, line := range []string{"build (x64)          queued", "build (arm64)        completed: success", "test                 queued", "deploy               queued"} {
		at := strings.Index(stderr, line)
		if at < last {
			t.Errorf("want %q after what its job needs", line)
		}
		last = at
	}
	if t.Failed() {
		t.Logf("stderr:\n%s", stderr)
	}
	empty(t, temp)
}

func TestWhatItsStepsPrintIsShownAndKept(t *testing.T) {
	logs := filepath.Join(t.TempDir(), "logs")
	code, stdout, stderr, _ := mayfly(t, "demo", "--workflow", "demo/testdata/ci.yml", "--logs", logs, "--step", "echo the last one")
	if code != 0 || stderr != "" {
		t.Errorf("got exit code %d and %q on stderr, want 0 and nothing", code, stderr)
	}
	want := map[string]string{
		"01-build-x64.log": "Not run here: actions/checkout@v4 (actions run on GitHub only)\nRun write a program\nRun run it in its directory\n" +
			"hello from x64\nRun echo the last one\nthe last one\n",
		"02-build-arm64.log": "Not run here: actions/checkout@v4 (actions run on GitHub only)\nRun write a program\nRun run it in its directory\nhello from arm64\n",
		"03-test.log": "Run count\n45\nRun a failure that does not matter\nError: Process completed with exit code 2.\n" +
			"Skipped: not when all goes well\n",
		"04-deploy.log": "Run echo \"run 7000000001 of $GITHUB_REPOSITORY is deployed\"\nrun 7000000001 of mayfly-ci/sample is deployed\n",
		"05-notify.log": "",
	}
	got := map[string]string{}
	for name := range want {
		text, err := os.ReadFile(filepath.Join(logs, name))
		if err != nil {
			t.Error(err)
		}
		got[name] = string(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("logs (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"\nLog of build (arm64):\n  Not run here: actions/checkout@v4", "\n  hello from arm64\n", "\nLog of test:\n  Run count\n  45\n",
		"5 jobs: 4 succeeded, 0 failed, 1 skipped, 0 lost\n", "What each job printed is in " + logs + "\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("got %s, want %q in it", stdout, want)
		}
	}
}

func TestAJobThatFailsOrIsRefusedTakesThoseThatNeedItAlong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ci.yml")
	write(t, file, `on: push
jobs:
  huge: {runs-on: mayfly/cpu=9999, steps: [run: make]}
  bad: {runs-on: mayfly, steps: [run: echo this is why; exit 7]}
  after: {runs-on: mayfly, needs: [bad, huge], steps: [run: make]}
  report: {runs-on: mayfly, needs: after, if: failure(), steps: [run: echo reported]}
`)
	code, stdout, _, _ := mayfly(t, "demo", "--workflow", file)
	if code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	for _, want := range []string{
		"Log of huge:\n  Refused: label \"mayfly/cpu=9999\": cpu=9999 is not a number of vCPUs", "  this is why\n  Error: Process completed with exit code 7.\n",
		"completed: skipped\n", "\n  reported\n", "4 jobs: 1 succeeded, 2 failed, 1 skipped, 0 lost\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("got %s, want %q in it", stdout, want)
		}
	}
}

func TestAWorkflowFileThatIsWrongIsSaidInOneLine(t *testing.T) {
	dir := t.TempDir()
	ending := ", steps: [run: make]}\n"
	for name, c := range map[string]struct{ text, want string }{
		"missing.yml":  {"", ":1:1: cannot be read (no such file or directory): give the path of a workflow file, such as .github/workflows/ci.yml"},
		"huge.yml":     {strings.Repeat("# a comment\n", 50_000), ":1:1: it is larger than 512 KiB: give a workflow file, or split it"},
		"empty.yml":    {"on: push\njobs:\n  a: {runs-on: mayfly, strategy: {matrix: {x: [], y: [1]}}" + ending, `:3:47: "matrix values" section should not be empty`},
		"excluded.yml": {"on: push\njobs:\n  a: {runs-on: mayfly, strategy: {matrix: {x: [1], exclude: [{x: 1}]}}" + ending, `:3:35: the matrix of job "a" makes no job`},
		"needs.yml":    {"on: push\njobs:\n  build: {runs-on: mayfly" + ending + "  test: {runs-on: mayfly, needs: biuld" + ending, `:4:34: job "test" needs "biuld", which is no job of this file: did you mean "build"?`},
		"cycle.yml":    {"on: push\njobs:\n  a: {runs-on: mayfly, needs: b" + ending + "  b: {runs-on: mayfly, needs: a" + ending, ":3:3: the jobs need each other in a circle, a → b → a: take one of these needs out"},
		"shell.yml":    {"on: push\njobs:\n  a: {runs-on: mayfly, steps: [{run: make, shell: bsh}]}\n", `:3:51: unknown shell "bsh": did you mean "bash"?`},
		"key.yml":      {"on: push\njobs:\n  a: {runs_on: mayfly" + ending, `:3:7: unknown key "runs_on": did you mean "runs-on"?`},
		"yaml.yml":     {"on: push\njobs:\n  a: [\n", ":3:1: could not parse as YAML"},
		"foreign.yml":  {"on: push\njobs:\n  a: {runs-on: ubuntu-latest" + ending, ": none of its jobs runs here: "},
	} {
		file := filepath.Join(dir, name)
		if c.text != "" {
			write(t, file, c.text)
		}
		code, stdout, stderr, _ := mayfly(t, "demo", "--workflow", file)
		if code != 2 || stdout != "" || !strings.HasPrefix(stderr, "mayfly: "+file+c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: got exit code %d, %q and\n%s\nwant 2, nothing and one line with\nmayfly: %s%s", name, code, stdout, stderr, file, c.want)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
