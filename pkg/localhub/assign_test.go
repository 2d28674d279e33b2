package localhub_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// takers queues four jobs of one class and then starts their four runners, and is which runner took
// which job.
func takers(t *testing.T, seed uint64) map[string]string {
	took := map[string]string{}
	inWorld(t, localhub.Config{Seed: seed}, func(w *world) {
		token := w.token("")
		for i := range 4 {
			w.hub.Queue(sample, localhub.Job{Name: fmt.Sprint("job ", i), Labels: []string{"a"}})
		}
		for i := range 4 {
			_, encoded := w.jit(token, fmt.Sprint("runner ", i), "a")
			w.run(w.t.Context(), encoded, localhub.Success)
			synctest.Wait()
		}
		time.Sleep(time.Hour)
		for _, job := range w.hub.Books().Jobs {
			took[job.Name] = job.RunnerName
		}
	})
	return took
}

func TestAJobGoesToAnyMatchingRunnerAsTheSeedSays(t *testing.T) {
	first := takers(t, 1)
	if diff := cmp.Diff(first, takers(t, 1)); diff != "" {
		t.Errorf("the same seed chose differently:\n%s", diff)
	}
	for seed := range uint64(20) {
		if !cmp.Equal(first, takers(t, seed)) {
			return
		}
	}
	t.Errorf("20 seeds chose the same: %v", first)
}

func TestAJobOnlyGoesToARunnerOfItsRepositoryWithAllItsLabels(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		w.hub.Install("mayfly-ci/other")
		token := w.token("")
		for name, labels := range map[string][]string{"fewer": {"a"}, "others": {"a", "c"}} {
			_, encoded := w.jit(token, name, labels...)
			w.run(w.t.Context(), encoded, localhub.Success)
		}
		synctest.Wait()
		w.hub.Queue(sample, localhub.Job{Name: "a and b", Labels: []string{"a", "b"}})
		w.hub.Queue("mayfly-ci/other", localhub.Job{Name: "elsewhere", Labels: []string{"a"}})
		for _, job := range w.hub.Books().Jobs {
			if job.State != localhub.Queued {
				t.Errorf("job %q: got %s by %q, want queued", job.Name, job.State, job.RunnerName)
			}
		}
		_, encoded := w.jit(token, "both", "B", "A", "c")
		w.run(w.t.Context(), encoded, localhub.Success)
		synctest.Wait()
		if got, want := w.hub.Books().Jobs[0].RunnerName, "both"; got != want {
			t.Errorf("runner: got %q, want %q", got, want)
		}
	})
}
