package labels_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func FuzzParse(f *testing.F) {
	for label := range good {
		f.Add(label, "self-hosted", "")
	}
	for text := range bad {
		both := append(strings.Split(text, "|"), "cpu=4")
		f.Add(both[0], both[1], "x=y")
	}
	f.Add("mayfly\u212a/cpu=1", "runs-on=7/cpu=2", "dis\u212a=1")
	f.Fuzz(func(t *testing.T, first, second, third string) {
		job := []string{first, second, third}
		ask, err := labels.Parse(job)
		again, errAgain := labels.Parse(job)
		if diff := cmp.Diff(ask, again); diff != "" || (err == nil) != (errAgain == nil) {
			t.Fatalf("Parse(%q) twice: got error %v and (-first +second):\n%s", job, errAgain, diff)
		}
		if err != nil {
			checkError(t, job, err)
			return
		}
		if !labels.Ours(job) {
			t.Errorf("Ours(%q): got false for labels that parse", job)
		}
		checkBounds(t, job, ask)
		// Jobs of one class share their runners, so what a class asks for must be one thing.
		same, err := labels.Parse(runner.CanonicalLabels(job))
		same.ID = ask.ID
		if diff := cmp.Diff(ask, same); err != nil || diff != "" {
			t.Errorf("Parse(%q), lower-cased and sorted: got error %v and (-want +got):\n%s", job, err, diff)
		}
		checkRoundTrip(t, ask)
	})
}

// checkBounds says what is so of whatever is asked for: nothing is left open, and nothing is beyond
// what numbers and EC2 can hold.
func checkBounds(t *testing.T, job []string, ask labels.Ask) {
	t.Helper()
	within := func(r labels.Range, low, high int) bool {
		return low <= r.Min && r.Min <= high && (r.Max == 0 || r.Min <= r.Max && r.Max <= high)
	}
	if !within(ask.CPU, 1, 2048) || !within(ask.RAM, 0, 32768) || ask.Arch == "" || ask.Capacity == "" || ask.Strategy == "" || ask.Env == "" {
		t.Errorf("Parse(%q): got %+v, want nothing left open, and nothing out of bounds", job, ask)
	}
	v := ask.Volume
	if v.GiB < 0 || v.GiB > 65536 || v.IOPS < 0 || v.IOPS > 256000 || v.Throughput < 0 || v.Throughput > 2000 {
		t.Errorf("Parse(%q): got %+v, want what EC2 may have", job, v)
	}
	for _, family := range ask.Families {
		if !family.Valid() {
			t.Errorf("Parse(%q): got family %q, want a valid pattern", job, family)
		}
	}
	if len(ask.Unknown) > 5 || len(ask.Name()) > 512 {
		t.Errorf("Parse(%q): got %d slips and the name %q, want what a person reads", job, len(ask.Unknown), ask.Name())
	}
}

// checkRoundTrip: what is asked for, written as a label, asks for the same.
func checkRoundTrip(t *testing.T, ask labels.Ask) {
	t.Helper()
	label := written(ask)
	if len(label) > 256 {
		return
	}
	got, err := labels.Parse([]string{label})
	ask.ID, ask.Unknown, ask.Runner, got.Runner = "", nil, "", ""
	if diff := cmp.Diff(ask, got); err != nil || diff != "" {
		t.Errorf("written as %q: got error %v and (-want +got):\n%s", label, err, diff)
	}
}
