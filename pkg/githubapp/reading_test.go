package githubapp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func (w *world) unfinished(etag string) (runner.Reading, error) {
	return w.client.Unfinished(w.t.Context(), w.app, runner.Watch{Scope: w.scope, ETag: etag}, 900)
}

func (w *world) eventOf(action string, id int64, spec localhub.Job) runner.JobEvent {
	job, _ := w.hub.Books().Job(id)
	return runner.JobEvent{
		Action: action, ID: id, RunID: job.RunID, RunAttempt: 1, Name: spec.Name, Workflow: spec.Workflow, Labels: spec.Labels,
		CreatedAt: job.Created.UTC(), Repository: w.scope.Repository, Installation: w.scope.Installation,
	}
}

func TestAJobIsReadAsAWebhookWouldTellIt(t *testing.T) {
	inWorld(t, func(w *world) {
		spec := localhub.Job{Name: "build", Workflow: "CI", Labels: []string{"Mayfly", "x64"}}
		id := w.hub.Queue(sample, spec)
		taken := func(want runner.JobEvent) runner.JobEvent {
			job, _ := w.hub.Books().Job(id)
			want.RunnerName, want.Conclusion = job.RunnerName, job.Conclusion
			return want
		}
		for _, step := range []struct {
			action string
			before func()
		}{
			{"queued", func() {}},
			{"waiting", func() { w.hub.Hold(id) }},
			{"in_progress", func() { w.hub.Approve(id); w.hub.StealJob(id) }},
			{"completed", func() { time.Sleep(time.Minute) }},
		} {
			step.before()
			synctest.Wait()
			got, err := w.client.Job(w.t.Context(), w.app, w.scope, id)
			if diff := cmp.Diff(taken(w.eventOf(step.action, id, spec)), got); diff != "" || err != nil {
				t.Errorf("%s: error %v, job (-want +got):\n%s", step.action, err, diff)
			}
		}
		if _, err := w.client.Job(w.t.Context(), w.app, w.scope, id+1000); !errors.Is(err, runner.ErrGone) {
			t.Errorf("an unknown job: got %v, want ErrGone", err)
		}
	})
}

func TestStatusesBeforeTheQueueAreQueuedAndUnknownOnesAnError(t *testing.T) {
	for status, want := range map[string]string{"requested": "queued", "pending": "queued", "dreaming": ""} {
		inWorld(t, func(w *world) {
			w.answer(http.StatusOK, nil, fmt.Sprintf(`{"id":7,"status":%q}`, status))
			got, err := w.client.Job(w.t.Context(), w.app, w.scope, 7)
			if got.Action != want || (err == nil) != (want != "") {
				t.Errorf("%s: got %q, error %v, want %q", status, got.Action, err, want)
			}
		})
	}
}

func TestJobsAreReadWithATokenThatCanDoNothingElse(t *testing.T) {
	inWorld(t, func(w *world) {
		var asked []any
		w.front = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/access_tokens") {
				var request map[string]any
				if err := json.Unmarshal(body, &request); err != nil {
					t.Error(err)
				}
				asked = append(asked, request["permissions"])
			}
			return false
		}
		id := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		if _, err := w.client.Job(w.t.Context(), w.app, w.scope, id); err != nil {
			t.Fatal(err)
		}
		w.jit(w.class, "mf-1")
		if _, err := w.client.Repositories(w.t.Context(), w.app); err != nil {
			t.Fatal(err)
		}
		want := []any{
			map[string]any{"actions": "read", "metadata": "read"}, map[string]any{"administration": "write"}, map[string]any{"metadata": "read"},
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("permissions (-want +got):\n%s", diff)
		}
		if got := w.hub.Books().Calls[lookUpRoute]; got != 1 {
			t.Errorf("the installation was looked up %d times, want 1", got)
		}
	})
}

func TestAllUnfinishedJobsAreFound(t *testing.T) {
	inWorld(t, func(w *world) {
		var want []runner.JobEvent
		queue := func(action string, spec localhub.Job) int64 {
			id := w.hub.Queue(sample, spec)
			want = append(want, w.eventOf(action, id, spec))
			return id
		}
		queue("waiting", localhub.Job{Name: "deploy", RunID: 1, Labels: []string{"a"}, Guarded: true})
		for i := range 101 { // two pages of a run's jobs
			queue("queued", localhub.Job{Name: fmt.Sprint("matrix ", i), RunID: 2, Labels: []string{"a"}})
		}
		for i := range 101 { // two pages of runs
			queue("queued", localhub.Job{Name: fmt.Sprint("single ", i), RunID: int64(1000 + i), Labels: []string{"a"}})
		}
		running := queue("in_progress", localhub.Job{Name: "half", RunID: 3, Labels: []string{"a"}})
		w.hub.Cancel(w.hub.Queue(sample, localhub.Job{Name: "other half", RunID: 3, Labels: []string{"a"}}))
		w.hub.Cancel(w.hub.Queue(sample, localhub.Job{Name: "over", RunID: 4, Labels: []string{"a"}}))
		w.hub.StealJob(running)
		want[len(want)-1].RunnerName = w.hub.Books().Runners[0].Name

		found, err := w.unfinished("")
		got, calls := found.Jobs, found.Points
		slices.SortFunc(got, func(a, b runner.JobEvent) int { return int(a.ID - b.ID) })
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("error %v, jobs (-want +got):\n%s", err, diff)
		}
		if want := 6 + 105; calls != want { // five statuses, one with two pages; 104 runs, one with two pages
			t.Errorf("calls: got %d, want %d", calls, want)
		}
		if used := w.hub.Books().MaxPoints; used != calls {
			t.Errorf("the hub counted %d points, want %d", used, calls)
		}

		again, err := w.unfinished(found.ETag)
		if again.Jobs != nil || again.ETag != found.ETag || found.ETag == "" || again.Points != 0 || err != nil {
			t.Errorf("unchanged: got %+v of etag %q, error %v, want none but the etag", again, found.ETag, err)
		}
	})
}

func TestARunIsCancelledAndOneThatEndedIsNoError(t *testing.T) {
	inWorld(t, func(w *world) {
		for i := range 101 {
			w.hub.Queue(sample, localhub.Job{Name: fmt.Sprint("matrix ", i), RunID: 5, Labels: []string{"a"}})
		}
		w.hub.Cancel(w.hub.Queue(sample, localhub.Job{Name: "over", RunID: 5, Labels: []string{"a"}}))
		unended := func(run int64) int {
			jobs, err := w.client.Unended(w.t.Context(), w.app, w.scope, run)
			if err != nil {
				t.Error(err)
			}
			return len(jobs)
		}
		if got, want := [2]int{unended(5), unended(6)}, [2]int{101, 0}; got != want {
			t.Errorf("jobs that have not ended, of the run and of none: got %v, want %v", got, want)
		}
		for range 2 {
			if err := w.client.Cancel(w.t.Context(), w.app, w.scope, 5); err != nil {
				t.Error(err)
			}
		}
		if got := unended(5); got != 0 {
			t.Errorf("%d jobs of the cancelled run have not ended", got)
		}
		if err := w.client.Cancel(w.t.Context(), w.app, w.scope, 6); !errors.Is(err, runner.ErrGone) {
			t.Errorf("an unknown run: got %v, want ErrGone", err)
		}
	})
}

func TestAChangeIsSeenAndNothingUnfinishedIsNotUnchanged(t *testing.T) {
	inWorld(t, func(w *world) {
		none, err := w.unfinished("")
		if none.Jobs == nil || len(none.Jobs) != 0 || none.Points != 5 || err != nil {
			t.Errorf("got %+v and error %v, want an empty list with 5 points", none, err)
		}
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		one, err := w.unfinished(none.ETag)
		if len(one.Jobs) != 1 || one.ETag == none.ETag || one.Points != 7 || err != nil {
			t.Errorf("got %+v and error %v, want one job with 7 points", one, err)
		}
		if _, err := w.unfinished("an etag of another kind"); err != nil {
			t.Errorf("an etag of another kind: got %v, want no error", err)
		}
	})
}

func TestARunThatIsDeletedMeanwhileHasNoJobs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hub.Queue(sample, localhub.Job{Name: "build", RunID: 1, Labels: []string{"a"}})
		w.hub.Queue(sample, localhub.Job{Name: "test", RunID: 2, Labels: []string{"a"}})
		w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/runs/1/jobs") {
				answer.WriteHeader(http.StatusNotFound)
				return true
			}
			return false
		}
		found, err := w.unfinished("")
		if len(found.Jobs) != 1 || found.Jobs[0].Name != "test" || len(found.Unread) != 0 || err != nil {
			t.Errorf("got %+v, error %v, want the other run's job", found, err)
		}
	})
}

func TestACallThatFailsHidesOnlyWhatItAskedFor(t *testing.T) {
	for what, test := range map[string]struct {
		fails  []string // by what is in their URLs
		with   int
		want   []string // jobs
		unread []int64  // runs
		calls  int
	}{
		"one listing":         {[]string{"status=pending"}, http.StatusBadGateway, []string{"1", "2", "3"}, nil, 8},
		"one run":             {[]string{"/runs/2/"}, http.StatusBadGateway, []string{"1", "3"}, []int64{2}, 8},
		"two runs in a row":   {[]string{"/runs/1/", "/runs/2/"}, http.StatusBadGateway, []string{}, []int64{1, 2, 3}, 7},
		"two runs of three":   {[]string{"/runs/1/", "/runs/3/"}, http.StatusBadGateway, []string{"2"}, []int64{1, 3}, 8},
		"all listings":        {[]string{"status="}, http.StatusBadGateway, nil, nil, 2},
		"a limit on one run":  {[]string{"/runs/2/"}, http.StatusTooManyRequests, []string{"1"}, []int64{2, 3}, 7},
		"a limit on listings": {[]string{"status=waiting"}, http.StatusTooManyRequests, nil, nil, 3},
	} {
		inWorld(t, func(w *world) {
			for id := range int64(3) {
				w.hub.Queue(sample, localhub.Job{Name: strconv.FormatInt(id+1, 10), RunID: id + 1, Labels: []string{"a"}})
			}
			w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
				fails := slices.ContainsFunc(test.fails, func(part string) bool { return strings.Contains(r.URL.String(), part) })
				if fails {
					answer.WriteHeader(test.with)
				}
				return fails
			}
			found, err := w.unfinished("")
			if diff := cmp.Diff(test.want, namesOf(found)); diff != "" || found.Points != test.calls || err == nil || found.ETag != "" {
				t.Errorf("%s: %+v, want %d points, error %v, jobs (-want +got):\n%s", what, found, test.calls, err, diff)
			}
			if diff := cmp.Diff(test.unread, found.Unread); diff != "" {
				t.Errorf("%s: unread (-want +got):\n%s", what, diff)
			}
		})
	}
}

// namesOf are the jobs of a reading, nil if it has no list at all.
func namesOf(found runner.Reading) []string {
	if found.Jobs == nil {
		return nil
	}
	names := []string{}
	for _, job := range found.Jobs {
		names = append(names, job.Name)
	}
	return names
}

func TestMoreRunsThanPointsAreReadInTurns(t *testing.T) {
	inWorld(t, func(w *world) {
		for id := range int64(5) {
			w.hub.Queue(sample, localhub.Job{Name: strconv.FormatInt(id+1, 10), RunID: id + 1, Labels: []string{"a"}})
		}
		watch := runner.Watch{Scope: w.scope}
		for _, want := range []runner.Reading{
			{Points: 7, Unread: []int64{3, 4, 5}, After: 2},
			{Points: 7, Unread: []int64{5, 1, 2}, After: 4},
			{Points: 7, Unread: []int64{2, 3, 4}, After: 1},
		} {
			got, err := w.client.Unfinished(w.t.Context(), w.app, watch, 7)
			if err != nil || len(got.Jobs) != 2 {
				t.Errorf("got %v, error %v, want two jobs", namesOf(got), err)
			}
			watch.After, got.Jobs = got.After, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("reading (-want +got):\n%s", diff)
			}
		}
		all, err := w.client.Unfinished(w.t.Context(), w.app, watch, 10)
		if diff := cmp.Diff([]string{"2", "3", "4", "5", "1"}, namesOf(all)); diff != "" || err != nil || all.After != 0 || all.ETag == "" {
			t.Errorf("got %+v, error %v, jobs (-want +got):\n%s", all, err, diff)
		}
	})
}

func TestAllRepositoriesOfAllInstallationsAreListed(t *testing.T) {
	inWorldOf(t, localhub.Config{Apps: 2}, func(w *world) {
		w.client = w.clientOf(w.hub.Apps()...)
		want := []runner.Repository{w.scope.Repository}
		for i := range 100 {
			name := fmt.Sprint("mayfly-ci/r", i)
			w.hub.Install(name)
			want = append(want, runner.Repository{ID: w.hub.RepositoryID(name), FullName: name})
		}
		far := w.hub.Install("stranger/far")
		want = append(want, runner.Repository{ID: w.hub.RepositoryID("stranger/far"), FullName: "stranger/far"})
		installations := map[int64]bool{}
		for i, app := range w.client.Apps() {
			scopes, err := w.client.Repositories(w.t.Context(), app)
			if err != nil {
				t.Fatal(err)
			}
			var got []runner.Repository
			for _, scope := range scopes {
				got = append(got, scope.Repository)
				installations[scope.Installation] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("repositories of App %d (-want +got):\n%s", app, diff)
			}
			if i == 0 && scopes[101].Installation != far {
				t.Errorf("installation: got %d, want %d", scopes[101].Installation, far)
			}
		}
		if len(installations) != 4 {
			t.Errorf("got %d installations, want 4: two of each App", len(installations))
		}
	})
}

func TestFailedDeliveriesAreFoundAndSentAgain(t *testing.T) {
	failing := true
	config := localhub.Config{WebhookURL: "http://server", Faults: &localhub.Faults{
		Deliver: func(localhub.Webhook) []localhub.Fate { return []localhub.Fate{{Failed: failing}} },
	}}
	inWorldOf(t, config, func(w *world) {
		w.hub.Queue(sample, localhub.Job{Name: "too old", Labels: []string{"a"}})
		time.Sleep(time.Hour)
		since := time.Now()
		for i := range 150 {
			w.hub.Queue(sample, localhub.Job{Name: strconv.Itoa(i), Labels: []string{"a"}})
			time.Sleep(time.Second)
		}
		failed, err := w.client.FailedDeliveries(w.t.Context(), w.app, since)
		if err != nil || len(failed) != 150 || !slices.IsSorted(failed) {
			t.Fatalf("got %d deliveries, error %v, want 150, oldest first", len(failed), err)
		}
		for i, id := range failed {
			if i == 1 {
				failing = false // all but the first arrive
			}
			if err := w.client.Redeliver(w.t.Context(), w.app, id); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		left, err := w.client.FailedDeliveries(w.t.Context(), w.app, since)
		if err != nil || len(left) != 1 || left[0] != failed[0] {
			t.Errorf("got %v, error %v, want the first, once, though it failed twice", left, err)
		}
		if err := w.client.Redeliver(w.t.Context(), w.app, 7); !errors.Is(err, runner.ErrGone) {
			t.Errorf("an unknown delivery: got %v, want ErrGone", err)
		}
	})
}

func TestARunTellsWhereItsCodeComesFrom(t *testing.T) {
	inWorld(t, func(w *world) {
		for run, fork := range map[int64]string{5: "", 6: "stranger/sample"} {
			w.hub.Queue(sample, localhub.Job{Name: "build", RunID: run, Labels: []string{"a"}, Fork: fork})
		}
		for _, public := range []runner.Known{runner.No, runner.Yes} {
			for run, fork := range map[int64]runner.Known{5: runner.No, 6: runner.Yes} {
				got, err := w.client.Origin(w.t.Context(), w.app, w.scope, run)
				if want := (runner.Origin{Public: public, Fork: fork}); got != want || err != nil {
					t.Errorf("run %d: got %+v, error %v, want %+v", run, got, err, want)
				}
			}
			w.hub.Share(sample, true)
		}
		if _, err := w.client.Origin(w.t.Context(), w.app, w.scope, 7); !errors.Is(err, runner.ErrGone) {
			t.Errorf("an unknown run: got %v, want ErrGone", err)
		}
		for body, fork := range map[string]runner.Known{
			`{"id":5,"repository":{"id":1,"private":false},"head_repository":null}`: runner.Yes, // the fork was deleted
			`{"id":5,"repository":{"id":1},"head_repository":{"id":1}}`:             runner.Unsaid,
			`{"id":4,"repository":{"id":1,"private":true}}`:                         runner.Unsaid,
			`{}`: runner.Unsaid,
		} {
			w.answer(http.StatusOK, nil, body)
			if got, err := w.client.Origin(w.t.Context(), w.app, w.scope, 5); got.Fork != fork || (err == nil) != (fork != runner.Unsaid) {
				t.Errorf("%s: got %+v, error %v, want fork %q", body, got, err, fork)
			}
		}
	})
}
