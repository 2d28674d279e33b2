package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestTheSampleIsAMatrixOfTwoShapesAndOneIsOnSpot(t *testing.T) {
	names, shapes := map[string]bool{}, map[string]int{}
	for _, job := range sample(8, "") {
		names[job.Name] = true
		ask, err := labels.Parse(job.Labels)
		if err != nil {
			t.Fatalf("%s: %v", job.Name, err)
		}
		if got, want := ask.ID, "7000000001"; got != want || job.RunID != runID {
			t.Errorf("%s: got run %q and %d, want %s for both", job.Name, got, job.RunID, want)
		}
		shapes[ask.Name()]++
	}
	if diff := cmp.Diff(map[string]int{"2cpu-linux-x64 " + string(runner.OnDemand): 4, "4cpu-linux-arm64 " + string(runner.Spot): 4}, shapes); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
	if len(names) != 8 {
		t.Errorf("got %d different names, want 8", len(names))
	}
}

func TestTheMatrixGrowsAndTheExtraStepIsTheFirstJobsLast(t *testing.T) {
	jobs := sample(MaxJobs, "echo one\necho two")
	if got := len(jobs); got != MaxJobs {
		t.Fatalf("got %d jobs, want %d", got, MaxJobs)
	}
	first, others := jobs[0].Steps, jobs[1].Steps
	last := first[len(first)-1]
	if last.Name != "echo one" || last.Run != "echo one\necho two" {
		t.Errorf("got %+v as the last step, want the command, named after its first line", last)
	}
	if len(others) != len(first)-1 {
		t.Errorf("got %d steps in the second job and %d in the first, want one less", len(others), len(first))
	}
}
