package workflow_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/workflow"
)

// FuzzParse: whatever the text, there is a workflow or one error of one line with a place; every job
// comes after what it needs and has a name and steps; no matrix is larger than GitHub's.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) == 0 {
		f.Fatalf("got the seeds %v, %v, want some", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(job("    timeout-minutes: !!float nan" + ending)))
	push := run
	push.Push, push.OS = "main", "Linux"
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := workflow.Parse("ci.yml", text, push)
		if err != nil {
			var wrong *workflow.Error
			if !errors.As(err, &wrong) || wrong.Line < 1 || wrong.Column < 1 || strings.Contains(err.Error(), "\n") {
				t.Fatalf("got %q, want one line with a place", err)
			}
			return
		}
		count, done := map[string]int{}, ""
		for _, job := range w.Jobs {
			for _, need := range job.Needs {
				if count[need] == 0 || need == job.Key {
					t.Fatalf("%s comes before %s, which it needs", job.Key, need)
				}
			}
			if count[job.Key] > 0 && done != job.Key {
				t.Fatalf("the jobs of %s are not together", job.Key)
			}
			done = job.Key
			if count[job.Key]++; count[job.Key] > workflow.MaxMatrix {
				t.Fatalf("%s has more than %d jobs", job.Key, workflow.MaxMatrix)
			}
			if job.NotHere == "" && len(job.Labels) == 0 && job.Group == "" {
				t.Fatalf("%s runs nowhere", job.Key)
			}
		}
	})
}
