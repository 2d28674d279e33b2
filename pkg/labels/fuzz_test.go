package labels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"mayfly", "mayfly=1/runner=4cpu-linux-x64", "runs-on=7/cpu=2+8/spot=co", "mayfly/cpu=/x", "mayfly,cpu=2",
		"MAYFLY=A/RUNNER=2CPU-LINUX-ARM64", "mayfly/cpu=\x00", "mayfly/\xff", "ubuntu-latest", "cpu=4", "", "mayfly\u212a/cpu=1",
	} {
		f.Add(seed, "self-hosted")
	}
	f.Fuzz(func(t *testing.T, label, other string) {
		both := []string{label, other}
		ask, err := labels.Parse(both)
		if again, errAgain := labels.Parse(both); again != ask || (err == nil) != (errAgain == nil) {
			t.Fatalf("Parse(%q) twice: got %+v, %v, want %+v, %v", both, again, errAgain, ask, err)
		}
		if err != nil {
			checkError(t, err)
			return
		}
		if !labels.Ours(both) {
			t.Errorf("Ours(%q): got false for labels that parse", both)
		}
		if ask.CPU.Min < 1 || ask.CPU.Max < ask.CPU.Min || ask.Arch == "" || ask.Capacity == "" || ask.Strategy == "" {
			t.Errorf("Parse(%q): got %+v, want nothing left open", both, ask)
		}
		// Jobs of one class share their runners, so what a class asks for must be one thing.
		same, err := labels.Parse(runner.CanonicalLabels(both))
		same.ID = ask.ID
		if err != nil || same != ask {
			t.Errorf("Parse(%q), lower-cased and sorted: got %+v, %v, want %+v", both, same, err, ask)
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var bad *labels.Error
	if !errors.As(err, &bad) || bad.Problem == "" || strings.ContainsAny(bad.Problem, "\n\r") {
		t.Errorf("got error %q, want a *labels.Error with a problem of one line", err)
	}
}
