package admin_test

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

func TestTheBoardCountsTheJobsThatAreToRunAgain(t *testing.T) {
	two := runner.Rerun{Run: 7, Jobs: []runner.CutShort{{ID: 1}, {ID: 2}}}
	live := runner.NewSnapshot(runner.Rerun{Run: 8, Jobs: []runner.CutShort{{ID: 3}}})
	var board admin.Board
	board.Put(noon, two)
	if got := admin.View(board.Read(), noon).Now.Again; got != 2 {
		t.Errorf("got %d jobs that are to run again, want 2", got)
	}
	board.Begin(live)
	board.Put(noon, two)
	if got := board.Read().Again; got != 3 {
		t.Errorf("got %d of two runs, want 3", got)
	}
	two.Settled = true
	board.Put(noon, two)
	if got := board.Read().Again; got != 1 {
		t.Errorf("got %d once one run is settled, want 1", got)
	}
}

func TestOfWhatEndedTheBoardKeepsTheLast(t *testing.T) {
	var board admin.Board
	const more = 3
	for id := range int64(admin.Lately + more) {
		refused := must(queued(id, "a", 0).To(runner.JobRefused, noon, runner.Gone()))
		board.Put(noon, refused, refused) // told twice, it is kept once
	}
	known := board.Read()
	if got, want := len(known.Jobs.Ended), admin.Lately; got != want {
		t.Fatalf("got %d jobs, want %d", got, want)
	}
	if got, want := known.Jobs.Ended[0].ID, int64(more); got != want {
		t.Errorf("got job %d as the oldest, want %d", got, want)
	}
}

func TestARefusedJobThatRunsAllTheSameIsShownOnce(t *testing.T) {
	board := new(admin.Board)
	refused := must(queued(1, "a", 0).To(runner.JobRefused, noon, runner.Gone()))
	board.Put(noon, refused)
	board.Put(noon, must(refused.To(runner.JobRunning, noon, runner.NoReason())))
	if known := board.Read(); len(known.Jobs.Live) != 1 || len(known.Jobs.Ended) != 0 {
		t.Errorf("got %d live and %d ended jobs, want the one that runs", len(known.Jobs.Live), len(known.Jobs.Ended))
	}
}

func TestWhatWasReadDoesNotChangeAnyMore(t *testing.T) {
	var board admin.Board
	board.Put(noon, queued(1, "a", 0))
	known := board.Read()
	board.Put(noon, queued(2, "a", 0))
	if got, want := len(known.Jobs.Live), 1; got != want {
		t.Errorf("got %d jobs, want %d", got, want)
	}
}

func TestWhatIsReadFromTheRecordReplacesWhatIsUnfinished(t *testing.T) {
	var board admin.Board
	board.Put(noon, queued(1, "a", 0), must(queued(2, "a", 0).To(runner.JobRefused, noon, runner.Gone())))
	live := runner.NewSnapshot(queued(3, "a", 0))
	board.Begin(live)
	board.Put(noon, queued(4, "a", 0))
	if got, want := len(live.Jobs), 1; got != want {
		t.Errorf("got %d jobs in the pass's snapshot, want %d", got, want)
	}
	known := board.Read()
	if got := known.Jobs.Live; len(got) != 2 || got[0].ID+got[1].ID != 3+4 {
		t.Errorf("got live jobs %v, want 3 and 4", got)
	}
	if got, want := len(known.Jobs.Ended), 1; got != want {
		t.Errorf("got %d ended jobs, want %d", got, want)
	}
}
