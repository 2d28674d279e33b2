package main_test

import (
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
