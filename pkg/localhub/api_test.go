package localhub_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

func TestOnlyAFreshJWTOfTheAppIsLetIn(t *testing.T) {
	at := func(after time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(time.Now().Add(after)) }
	tests := []struct {
		name   string
		change func(*jwt.RegisteredClaims)
		want   int
	}{
		{"as it should be", nil, 200},
		{"of another App", func(c *jwt.RegisteredClaims) { c.Issuer = "1" }, 401},
		{"expired", func(c *jwt.RegisteredClaims) { c.ExpiresAt = at(-time.Second) }, 401},
		{"too long", func(c *jwt.RegisteredClaims) { c.ExpiresAt = at(10*time.Minute + 2*time.Second) }, 401},
		{"with no end", func(c *jwt.RegisteredClaims) { c.ExpiresAt = nil }, 401},
		{"of the future", func(c *jwt.RegisteredClaims) { c.IssuedAt = at(time.Minute) }, 401},
		{"of no time", func(c *jwt.RegisteredClaims) { c.IssuedAt = nil }, 401},
	}
	inWorld(t, localhub.Config{}, func(w *world) {
		for _, test := range tests {
			if got, _, answer := w.call("GET", "/repos/"+sample+"/installation", w.appJWT(test.change), ""); got != test.want {
				t.Errorf("%s: got %d %v, want %d", test.name, got, answer, test.want)
			}
		}
		unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.RegisteredClaims{
			Issuer: strconv.FormatInt(w.hub.App().ID, 10), IssuedAt: at(0), ExpiresAt: at(time.Minute),
		}).SignedString(jwt.UnsafeAllowNoneSignatureType)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, _ := w.call("GET", "/repos/"+sample+"/installation", unsigned, ""); got != 401 {
			t.Errorf("unsigned: got %d, want 401", got)
		}
		_, _, answer := w.call("GET", "/repos/"+sample+"/installation", w.appJWT(nil), "")
		if got := int64(answer["id"].(float64)); got != w.installation {
			t.Errorf("installation: got %d, want %d", got, w.installation)
		}
	})
}

func TestATokenReachesAsFarAsItWasNarrowed(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		w.hub.Install("mayfly-ci/other")
		w.hub.Install("stranger/far")
		narrow := w.token(fmt.Sprintf(`{"repository_ids":[%d],"permissions":{"administration":"read"}}`, w.hub.RepositoryID("mayfly-ci/other")))
		wide := w.token("")
		tests := []struct {
			name, method, path, token string
			want                      int
		}{
			{"its repository", "GET", "/repos/mayfly-ci/other/actions/runners", narrow, 200},
			{"another repository", "GET", runnersPath, narrow, 404},
			{"a level more", "POST", "/repos/mayfly-ci/other/actions/runners/generate-jitconfig", narrow, 403},
			{"a permission more", "GET", "/repos/mayfly-ci/other/actions/jobs/1", narrow, 403},
			{"not narrowed", "GET", runnersPath, wide, 200},
			{"another owner", "GET", "/repos/stranger/far/actions/runners", wide, 404},
			{"no token", "GET", runnersPath, "ghs_guessed", 401},
		}
		for _, test := range tests {
			if got, _, answer := w.call(test.method, test.path, test.token, "{}"); got != test.want {
				t.Errorf("%s: got %d %v, want %d", test.name, got, answer, test.want)
			}
		}
		time.Sleep(time.Hour)
		if got, _, _ := w.call("GET", runnersPath, wide, ""); got != 401 {
			t.Errorf("after an hour: got %d, want 401", got)
		}
	})
}

func TestARunIsCancelledWithAllItsJobs(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		for _, name := range []string{"a", "b"} {
			w.hub.Queue(sample, localhub.Job{Name: name, RunID: 5, Labels: []string{"a"}})
		}
		other := w.hub.Queue(sample, localhub.Job{Name: "c", RunID: 6, Labels: []string{"a"}})
		cancel := func(run int) int {
			status, _, _ := w.call("POST", fmt.Sprintf("/repos/%s/actions/runs/%d/cancel", sample, run), token, "")
			return status
		}
		if got, want := [3]int{cancel(5), cancel(5), cancel(7)}, [3]int{202, 409, 404}; got != want {
			t.Errorf("cancelled, cancelled twice, unknown: got %v, want %v", got, want)
		}
		books := w.hub.Books()
		if job, _ := books.Job(other); books.Concluded(localhub.Cancelled) != 2 || job.State != localhub.Queued {
			t.Errorf("got %+v, want both jobs of the run cancelled and no other", books.Jobs)
		}
	})
}

func TestATokenIsNotWidened(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		path := fmt.Sprintf("/app/installations/%d/access_tokens", w.installation)
		far := w.hub.Install("stranger/far")
		for body, want := range map[string]int{
			`{"permissions":{"contents":"read"}}`:                                      422,
			`{"permissions":{"metadata":"write"}}`:                                     422,
			fmt.Sprintf(`{"repository_ids":[%d]}`, w.hub.RepositoryID("stranger/far")): 422,
			`{"repositories":["nowhere"]}`:                                             422,
			`{`:                                                                        400,
			`{"repositories":["sample"],"permissions":{"actions":"read","metadata":"read"}}`: 201,
		} {
			if got, _, answer := w.call("POST", path, w.appJWT(nil), body); got != want {
				t.Errorf("%s: got %d %v, want %d", body, got, answer, want)
			}
		}
		if got, _, _ := w.call("POST", fmt.Sprintf("/app/installations/%d/access_tokens", far+1000), w.appJWT(nil), ""); got != 404 {
			t.Errorf("unknown installation: got %d, want 404", got)
		}
	})
}

func TestABadRequestForAJITConfigIsRefused(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		w.jit(token, "taken", "a")
		for body, want := range map[string]int{
			`{"name":"TAKEN","runner_group_id":1,"labels":["a"]}`:                           409,
			`{"name":"x","runner_group_id":1,"labels":[]}`:                                  422,
			`{"name":"x","labels":["a"]}`:                                                   422,
			`{"name":"","runner_group_id":1,"labels":["a"]}`:                                422,
			`{"name":"` + strings.Repeat("x", 65) + `","runner_group_id":1,"labels":["a"]}`: 422,
			`{"name":"x","runner_group_id":7,"labels":["a"]}`:                               404,
			`{`: 400,
			`{"name":"` + strings.Repeat("x", 64) + `","runner_group_id":1,"labels":["a"]}`: 201,
		} {
			got, _, answer := w.call("POST", jitPath, token, body)
			if got != want {
				t.Errorf("%s: got %d %v, want %d", body, got, answer, want)
			}
			if got >= 400 && (answer["message"] == nil || answer["documentation_url"] == nil) {
				t.Errorf("%s: got the error %v, want message and documentation_url", body, answer)
			}
		}
	})
}

func TestRunnersAreListedInPages(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		for i := range 5 {
			w.jit(token, fmt.Sprint("runner-", i), "a")
		}
		names := func(query string) (names []any, next string) {
			status, header, answer := w.call("GET", runnersPath+query, token, "")
			if status != 200 || answer["total_count"] == nil {
				t.Fatalf("%s: got %d %v, want 200 with total_count", query, status, answer)
			}
			names = []any{}
			for _, runner := range answer["runners"].([]any) {
				runner := runner.(map[string]any)
				if runner["status"] != "offline" || runner["busy"] != false {
					t.Errorf("runner: got %v, want it offline and not busy", runner)
				}
				names = append(names, runner["name"])
			}
			return names, header.Get("Link")
		}
		got, link := names("?per_page=2")
		if diff := cmp.Diff([]any{"runner-0", "runner-1"}, got); diff != "" {
			t.Errorf("first page (-want +got):\n%s", diff)
		}
		if want := `<http://hub` + runnersPath + `?page=2&per_page=2>; rel="next", <http://hub` + runnersPath + `?page=3&per_page=2>; rel="last"`; link != want {
			t.Errorf("link: got %s, want %s", link, want)
		}
		got, link = names("?per_page=2&page=3")
		if diff := cmp.Diff([]any{"runner-4"}, got); diff != "" || link != "" {
			t.Errorf("last page, with link %q (-want +got):\n%s", link, diff)
		}
		for query, want := range map[string]int{"": 5, "?page=2": 0, "?page=9223372036854775807": 0, "?name=runner-3": 1, "?name=none": 0} {
			if got, _ := names(query); len(got) != want {
				t.Errorf("%s: got %d runners, want %d", query, len(got), want)
			}
		}
	})
}

func TestAJobIsReadFromTheAPIAlsoUnderTheEnterprisePrefix(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		id := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		token := w.token("")
		for _, prefix := range []string{"", "/api/v3"} {
			path := fmt.Sprint(prefix, "/repos/", sample, "/actions/jobs/")
			status, _, answer := w.call("GET", fmt.Sprint(path, id), token, "")
			if status != 200 || answer["name"] != "build" || answer["status"] != "queued" || answer["runner_name"] != nil {
				t.Errorf("%s: got %d %v, want the queued job", path, status, answer)
			}
			if status, _, _ := w.call("GET", fmt.Sprint(path, id+1), token, ""); status != 404 {
				t.Errorf("%s: got %d for an unknown job, want 404", path, status)
			}
		}
	})
}

func TestCallsAndPointsAreCounted(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		var header http.Header
		for i := range 6 { // 5 + 1 points every 20 s: three of them are within any 60 s
			w.jit(token, fmt.Sprint("runner-", i), "a")
			_, header, _ = w.call("GET", runnersPath, token, "")
			time.Sleep(20 * time.Second)
		}
		w.call("GET", "/nowhere", token, "")
		for key, want := range map[string]string{
			"X-Ratelimit-Limit": "5000", "X-Ratelimit-Used": "12", "X-Ratelimit-Remaining": "4988",
			"X-Ratelimit-Resource": "core", "X-Ratelimit-Reset": strconv.FormatInt(time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC).Unix(), 10),
		} {
			if got := header.Get(key); got != want {
				t.Errorf("%s: got %q, want %q", key, got, want)
			}
		}
		if header.Get("X-Github-Request-Id") == "" {
			t.Error("there is no X-GitHub-Request-Id")
		}
		time.Sleep(time.Hour)
		if _, header, _ = w.call("GET", runnersPath, w.token(""), ""); header.Get("X-Ratelimit-Used") != "1" {
			t.Errorf("used of the next hour: got %s, want 1", header.Get("X-Ratelimit-Used"))
		}
		books := w.hub.Books()
		want := map[string]int{
			"POST /app/installations/{installation}/access_tokens": 2, "/": 1,
			"POST /repos/{owner}/{repo}/actions/runners/generate-jitconfig": 6, "GET /repos/{owner}/{repo}/actions/runners": 7,
		}
		if diff := cmp.Diff(want, books.Calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if got, want := [2]int{books.TotalCalls, books.MaxPoints}, [2]int{16, 18}; got != want {
			t.Errorf("calls and points: got %v, want %v", got, want)
		}
	})
}

func TestRepositoriesOfOneTokenAreKeptApart(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		const other = "/repos/mayfly-ci/other/actions/"
		w.hub.Install("mayfly-ci/other")
		token := w.token("")
		runner, _ := w.jit(token, "mf-1", "a")
		job := w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"b"}})
		if _, _, answer := w.call("GET", other+"runners", token, ""); answer["total_count"] != 0.0 {
			t.Errorf("runners of the other: got %v, want none", answer)
		}
		if status, _, _ := w.call("DELETE", fmt.Sprint(other, "runners/", runner), token, ""); status != 404 {
			t.Errorf("remove a runner through the other: got %d, want 404", status)
		}
		if status, _, _ := w.call("GET", fmt.Sprint(other, "jobs/", job), token, ""); status != 404 {
			t.Errorf("read a job through the other: got %d, want 404", status)
		}
		if status, _, _ := w.call("POST", other+"runners/generate-jitconfig", token, `{"name":"mf-1","runner_group_id":1,"labels":["a"]}`); status != 201 {
			t.Errorf("the same name in the other: got %d, want 201", status)
		}
	})
}
