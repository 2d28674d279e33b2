package labels_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/labels"
)

// Every key of the grammar, as its public documentation has them.
const (
	acting      = "runner cpu ram family image ami spot volume env region retry ssh private"
	unsupported = "disk hdd iops throughput sticky extras pool nested-virt debug preinstall prerun tags id fleet dependabot"
)

func TestEveryKeyOfTheGrammarActsOrIsAnsweredWithAReason(t *testing.T) {
	var acts, others []string
	for _, key := range labels.Keys() {
		label := "mayfly/" + key.Name + "=" + key.Example
		ask, err := labels.Parse([]string{label})
		switch {
		case key.Does != "" && err == nil:
			acts = append(acts, key.Name)
			if diff := cmp.Diff(plain, ask); diff == "" {
				t.Errorf("%s: got what a label without it asks for", label)
			}
		case key.Does == "" && err != nil && key.Because != "" && key.Instead != "":
			others = append(others, key.Name)
			want := "key " + key.Name + " is not supported, because " + key.Because + ": " + key.Instead
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want one with %q", label, err, want)
			}
		default:
			t.Errorf("%s: got error %v for %+v, want a key that acts, or else a reason and what to do", label, err, key)
		}
	}
	if diff := cmp.Diff(strings.Fields(acting), acts); diff != "" {
		t.Errorf("keys that act (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(strings.Fields(unsupported), others); diff != "" {
		t.Errorf("keys that do not (-want +got):\n%s", diff)
	}
}

func TestADocumentedInsteadIsALabelThatWorks(t *testing.T) {
	for _, key := range labels.Keys() {
		for word := range strings.FieldsSeq(key.Instead) {
			word = strings.Trim(word, ",;")
			if name, value, isKey := strings.Cut(word, "="); isKey && value != "…" {
				if _, err := labels.Parse([]string{"mayfly/" + word}); err != nil {
					t.Errorf("%s: %q is no help: %v (key %s)", key.Name, key.Instead, err, name)
				}
			}
		}
	}
}

func TestTheDocumentationHasEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../docs/labels.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(page), "\n")
	var missing []string
	for _, key := range labels.Keys() {
		row := "| `" + key.Name + "=" + key.Example + "` | " + key.Does + " |"
		if key.Does == "" {
			row = "| `" + key.Name + "` | " + key.Because + " | " + key.Instead + " |"
		}
		if !slices.Contains(lines, row) {
			missing = append(missing, row)
		}
	}
	if len(missing) > 0 {
		t.Errorf("docs/labels.md lacks these rows:\n%s", strings.Join(missing, "\n"))
	}
	rows := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "| `") {
			rows++
		}
	}
	if want := len(labels.Keys()); rows != want {
		t.Errorf("docs/labels.md has %d rows of keys, want %d", rows, want)
	}
}

func BenchmarkParse(b *testing.B) {
	for name, job := range map[string][]string{
		"plain": {"mayfly=1234567890"},
		"usual": {"mayfly=1234567890/runner=4cpu-linux-x64/spot=false"},
		"full":  {"runs-on=1234567890/cpu=2+8/ram=16+32/family=m7a+c7*/spot=co/volume=80gb:gp3:750mbs:4000iops/env=staging/retry=false"},
		"array": {"self-hosted", "runs-on=1234567890", "cpu=4", "family=m7a", "matrix-index=7"},
		"slips": {"mayfly=1234567890/familly=m7a/sopt=false/volumes=80gb"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := labels.Parse(job); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(5*time.Microsecond), "goal-ns/op")
		})
	}
}
