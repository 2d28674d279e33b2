package localhub_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

const runsPath = "/repos/" + sample + "/actions/runs"

func TestRunsAreListedByTheirStatus(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		w.hub.Queue(sample, localhub.Job{Name: "held", RunID: 1, Labels: []string{"a"}, Guarded: true})
		w.hub.Queue(sample, localhub.Job{Name: "queued", RunID: 2, Labels: []string{"b"}})
		w.hub.Cancel(w.hub.Queue(sample, localhub.Job{Name: "half", RunID: 3, Labels: []string{"a"}}))
		w.hub.Queue(sample, localhub.Job{Name: "the other half", RunID: 3, Labels: []string{"b"}})
		w.hub.Cancel(w.hub.Queue(sample, localhub.Job{Name: "cancelled", RunID: 4, Labels: []string{"a"}}))
		w.hub.Queue("mayfly-ci/other", localhub.Job{Name: "elsewhere", RunID: 5, Labels: []string{"a"}})
		for query, want := range map[string][]any{
			"": {4.0, 3.0, 2.0, 1.0}, "?status=waiting": {1.0}, "?status=queued": {2.0}, "?status=in_progress": {3.0},
			"?status=completed": {4.0}, "?status=cancelled": {4.0}, "?status=success": {}, "?per_page=2&page=2": {2.0, 1.0},
		} {
			_, _, answer := w.call("GET", runsPath+query, token, "")
			got := []any{}
			for _, run := range answer["workflow_runs"].([]any) {
				got = append(got, run.(map[string]any)["id"])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("runs of %q (-want +got):\n%s", query, diff)
			}
		}
		_, _, answer := w.call("GET", runsPath+"/3/jobs?filter=latest", token, "")
		if jobs := answer["jobs"].([]any); answer["total_count"] != 2.0 || jobs[1].(map[string]any)["name"] != "the other half" {
			t.Errorf("jobs of a run: got %v, want its two", answer)
		}
		for _, path := range []string{"/5/jobs", "/99/jobs"} {
			if status, _, _ := w.call("GET", runsPath+path, token, ""); status != 404 {
				t.Errorf("%s: got %d, want 404", path, status)
			}
		}
	})
}

func TestAListThatDidNotChangeIsFree(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		id := w.hub.Queue(sample, localhub.Job{Name: "build", RunID: 1, Labels: []string{"a"}})
		w.hub.Queue(sample, localhub.Job{Name: "test", RunID: 1, Labels: []string{"a"}})
		tag := ""
		ask := func(query string) (status int, used string) {
			request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://hub"+runsPath+query, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			request.Header.Set("If-None-Match", tag)
			response, err := w.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			tag = response.Header.Get("ETag")
			return response.StatusCode, response.Header.Get("X-RateLimit-Used")
		}
		for i, step := range []struct {
			query, used string
			status      int
			before      func()
		}{
			{"?status=queued", "1", 200, func() {}},
			{"?status=queued", "1", 304, func() {}},
			{"?status=waiting", "2", 200, func() {}},
			{"?status=queued", "3", 200, func() {}},
			{"?status=queued", "4", 200, func() { w.hub.Hold(id) }}, // another job of the run is queued still
			{"?status=queued", "4", 304, func() {}},
		} {
			step.before()
			if status, used := ask(step.query); status != step.status || used != step.used {
				t.Errorf("step %d: got %d with %s points used, want %d with %s", i, status, used, step.status, step.used)
			}
		}
	})
}

func TestEachAppHasItsOwnInstallations(t *testing.T) {
	inWorld(t, localhub.Config{Apps: 2}, func(w *world) {
		w.hub.Install("mayfly-ci/other")
		w.hub.Install("stranger/far")
		seen := map[any]bool{}
		for i, app := range w.hub.Apps() {
			bearer := w.jwtOf(app, nil)
			if status, _, _ := w.call("GET", "/app/installations", bearer, ""); status != 200 || len(w.list) != 2 {
				t.Fatalf("installations: got %d %v, want two", status, w.list)
			}
			for n, installation := range w.list {
				if seen[installation["id"]] || installation["app_id"] != float64(app.ID) {
					t.Errorf("installation: got %v, want one of App %d's own", installation, app.ID)
				}
				seen[installation["id"]] = true
				if i == 0 && n == 0 && installation["id"] != float64(w.installation) {
					t.Errorf("the first App's installation: got %v, want %d", installation["id"], w.installation)
				}
			}
			path := fmt.Sprintf("/app/installations/%.0f/access_tokens", w.list[0]["id"])
			if status, _, _ := w.call("POST", path, w.jwtOf(w.hub.Apps()[1-i], nil), ""); status != 404 {
				t.Errorf("a token of the other's: got %d, want 404", status)
			}
			_, _, token := w.call("POST", path, bearer, "")
			_, _, answer := w.call("GET", "/installation/repositories", token["token"].(string), "")
			var names []string
			for _, r := range answer["repositories"].([]any) {
				names = append(names, r.(map[string]any)["full_name"].(string))
			}
			if diff := cmp.Diff([]string{sample, "mayfly-ci/other"}, names); diff != "" {
				t.Errorf("repositories (-want +got):\n%s", diff)
			}
		}
		if status, _, _ := w.call("GET", "/installation/repositories", "ghs_guessed", ""); status != 401 {
			t.Errorf("with no token: got %d, want 401", status)
		}
	})
}

func TestDeliveriesAreListedAndSentAgain(t *testing.T) {
	inWorld(t, localhub.Config{Apps: 2}, func(w *world) {
		w.refuse = 503
		for i := range 5 {
			w.hub.Queue(sample, localhub.Job{Name: fmt.Sprint("job ", i), Labels: []string{"a"}})
		}
		first := w.received()[0]
		var ids, guids []any
		path := "/app/hook/deliveries?per_page=2"
		for path != "" {
			_, header, _ := w.call("GET", path, w.appJWT(nil), "")
			for _, delivery := range w.list {
				if delivery["status_code"] != 503.0 || delivery["action"] != "queued" || delivery["redelivery"] != false {
					t.Errorf("delivery: got %v, want a failure of queued", delivery)
				}
				ids, guids = append(ids, delivery["id"]), append(guids, delivery["guid"])
			}
			path, _, _ = strings.Cut(strings.TrimPrefix(header.Get("Link"), "<http://hub"), ">")
		}
		if len(ids) != 5 || guids[4] != first.header.Get("X-GitHub-Delivery") {
			t.Fatalf("got the deliveries %v, want 5, newest first", guids)
		}

		w.refuse = 0
		attempt := fmt.Sprintf("/app/hook/deliveries/%.0f/attempts", ids[4])
		if status, _, _ := w.call("POST", attempt, w.appJWT(nil), ""); status != 202 {
			t.Errorf("redeliver: got %d, want 202", status)
		}
		again := w.received()[5]
		if again.header.Get("X-GitHub-Delivery") != guids[4] || !bytes.Equal(again.body, first.body) {
			t.Error("what was sent again is not the same")
		}
		w.call("GET", "/app/hook/deliveries?per_page=1", w.appJWT(nil), "")
		if got := w.list[0]; got["guid"] != guids[4] || got["status_code"] != 202.0 || got["redelivery"] != true {
			t.Errorf("the newest delivery: got %v, want the one that was sent again", got)
		}
		other := w.jwtOf(w.hub.Apps()[1], nil)
		if status, _, _ := w.call("POST", attempt, other, ""); status != 404 {
			t.Errorf("another App: got %d, want 404", status)
		}
		if w.call("GET", "/app/hook/deliveries", other, ""); len(w.list) != 0 {
			t.Errorf("another App's deliveries: got %v, want none", w.list)
		}
	})
}
