package admin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

func TestAViewCountsWhatThereIs(t *testing.T) {
	running := must(queued(3, "a", 0).To(runner.JobRunning, after(5), runner.NoReason()))
	done := must(must(queued(4, "a", 0).To(runner.JobRunning, after(5), runner.NoReason())).To(runner.JobCompleted, after(9), runner.NoReason()))
	held := must(runner.Job{ID: 5, CreatedAt: noon}.To(runner.JobWaiting, noon, runner.NoReason()))
	booting := must(launched("i-2", "l", 1).To(runner.RunnerBooting, after(2), runner.NoReason()))
	idle := must(launched("i-3", "l", 1).To(runner.RunnerIdle, after(3), runner.NoReason()))
	var board admin.Board
	board.Put(after(10), queued(1, "a", 1), queued(2, "a", 2), running, done, held, launched("i-1", "l", 1), booting, idle)
	got := admin.View(board.Read(), after(10))
	if diff := cmp.Diff(admin.Now{Waiting: 1, Queued: 2, Running: 1, Done: 1, Booting: 2, Listening: 1}, got.Now); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := got.At, after(10); !got.Equal(want) {
		t.Errorf("got as of %v, want %v", got, want)
	}
}

func TestAQueuedJobHasAReasonAndAPlaceInTheQueueOfItsClass(t *testing.T) {
	why := runner.MaxRunners(7)
	second := queued(1, "a", 2).Because(why, after(3))
	var board admin.Board
	board.Put(after(10), second, queued(2, "a", 1), queued(3, "b", 0), must(queued(4, "a", 0).To(runner.JobRunning, after(1), runner.NoReason())))
	jobs := byID(admin.View(board.Read(), after(10)))
	for id, want := range map[int64][2]int{1: {2, 2}, 2: {1, 2}, 3: {1, 1}, 4: {0, 0}} {
		if got := [2]int{jobs[id].Position, jobs[id].Of}; got != want {
			t.Errorf("job %d: got position, of %v, want %v", id, got, want)
		}
	}
	if got := jobs[1].Why; got != why {
		t.Errorf("got why %q, want %q", got, why)
	}
}

func byID(v admin.Overview) map[int64]admin.Job {
	jobs := map[int64]admin.Job{}
	for _, job := range v.Jobs {
		jobs[job.ID] = job
	}
	return jobs
}

func TestWhatIsUnfinishedComesOldestFirstAndThenWhatEndedLast(t *testing.T) {
	var board admin.Board
	board.Put(noon, queued(1, "a", 2), queued(2, "a", 1))
	for _, id := range []int64{3, 4} {
		board.Put(after(float64(id)), must(queued(id, "a", 0).To(runner.JobRefused, after(float64(id)), runner.Gone())))
	}
	var got []int64
	for _, job := range admin.View(board.Read(), after(10)).Jobs {
		got = append(got, job.ID)
	}
	if diff := cmp.Diff([]int64{2, 1, 4, 3}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAJobTakesFromWhenItWasHeardOfUntilItsEnd(t *testing.T) {
	job := queued(1, "a", 2)
	taken := job
	taken.Runner = launched("i-1", "l", 0).Name
	ended := must(taken.To(runner.JobCompleted, after(8), runner.NoReason()))
	ended.Conclusion = "failure"
	for name, c := range map[string]struct {
		job      runner.Job
		took     time.Duration
		instance string
		status   string
	}{
		"queued":            {job, 18 * time.Second, "", "queued"},
		"ended":             {ended, 6 * time.Second, "i-1", "failure"},
		"on a stranger's":   {strangers(job), 18 * time.Second, "self-hosted-3", "running"},
		"heard of too late": {must(job.To(runner.JobExpired, after(4), runner.TooOld())), 2 * time.Second, "", "expired"},
	} {
		var board admin.Board
		board.Put(noon, c.job, launched("i-1", "l", 0))
		got := admin.View(board.Read(), after(20)).Jobs[0]
		if got.Took != c.took || got.Instance != c.instance || got.Status() != c.status {
			t.Errorf("%s: got %v on %q, %s, want %v on %q, %s", name, got.Took, got.Instance, got.Status(), c.took, c.instance, c.status)
		}
	}
}

func strangers(job runner.Job) runner.Job {
	job.Runner = "self-hosted-3"
	return must(job.To(runner.JobRunning, after(3), runner.NoReason()))
}
