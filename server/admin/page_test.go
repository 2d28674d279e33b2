package admin_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

func get(t *testing.T, base string, known admin.Known, path string) *httptest.ResponseRecorder {
	t.Helper()
	page := admin.Page{Base: base, Stack: "prod", Read: func() admin.Known { return known }}
	answer := httptest.NewRecorder()
	page.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return answer
}

func TestThePageShowsAllOfIt(t *testing.T) {
	job, r, launch := ran()
	var board admin.Board
	board.Put(time.Now(), job, r, launch, queued(8, "a", 0).Because(runner.MaxRunners(7), noon), runner.NewBudgets())
	front := get(t, "/admin", board.Read(), "/admin/").Body.String()
	for _, want := range []string{
		`<a href="/admin/jobs/7"><bdi>build 7</bdi></a>`, "all 7 runners that the stack may have are there", "1 of 1",
		"i-1", "m7a.large", "EC2 fleet calls", `href="/admin/style.css"`,
	} {
		if !strings.Contains(front, want) {
			t.Errorf("the front page lacks %q:\n%s", want, front)
		}
	}
	story := get(t, "/admin", board.Read(), "/admin/jobs/7").Body.String()
	for _, want := range []string{"<h1><bdi>build 7</bdi></h1>", "webhook", "decided", "listening", "<svg ", "attempt 1 of 5"} {
		if !strings.Contains(story, want) {
			t.Errorf("the job's page lacks %q:\n%s", want, story)
		}
	}
}

func TestThePageShowsWhatTheOperatorHasToKnow(t *testing.T) {
	var board admin.Board
	if front := get(t, "", board.Read(), "/").Body.String(); strings.Contains(front, "notices") {
		t.Errorf("there is nothing to know, and the front page has notices:\n%s", front)
	}
	board.Tell([]runner.Reason{runner.ImageOld("ami-<1>", 22)})
	if front := get(t, "", board.Read(), "/").Body.String(); !strings.Contains(front, `<ul class="notices"><li><bdi>what is on ami-&lt;1&gt; is 22 days old`) {
		t.Errorf("the front page lacks the notice:\n%s", front)
	}
	board.Tell(nil)
	if got := admin.View(board.Read(), noon).Notices; len(got) != 0 {
		t.Errorf("it is over, and the view has %q", got)
	}
}

func TestWhatThePageAnswers(t *testing.T) {
	for path, want := range map[string]int{
		"/admin/": 200, "/admin/style.css": 200, "/admin/page.js": 200, "/admin/icon.svg": 200, "/admin/?page=-3": 200, "/admin/?page=x": 200,
		"/admin/jobs/7": 404, "/admin/jobs/x": 404, "/admin/frame.html": 404, "/admin/x": 404, "/": 404, "/admin": 303,
	} {
		answer := get(t, "/admin", admin.Known{}, path)
		if answer.Code != want {
			t.Errorf("%s: got %d, want %d", path, answer.Code, want)
		}
		if got := answer.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: got Content-Security-Policy %q", path, got)
		}
	}
}

var inline = regexp.MustCompile(`(?i)<script(>| [^>]*[^r]>[^<])|<style|\sstyle=|\son[a-z]+=|javascript:`)

func TestNamesAreNoMarkup(t *testing.T) {
	const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(2)>` + "\u202egnp.exe"
	job, r, launch := ran()
	job.Name, job.Workflow, job.Repository.FullName, job.Class.Labels = hostile, hostile, hostile, []string{hostile}
	job.Reason = runner.BadLabel(hostile, hostile)
	job.Log = []runner.Told{{At: noon, Reason: job.Reason}}
	r.Reason = runner.ExitedEarly(1, hostile)
	var board admin.Board
	board.Put(noon, job, r, launch)
	for _, path := range []string{"/", "/jobs/7"} {
		body := get(t, "", board.Read(), path).Body.String()
		if strings.Contains(body, "<script>") || strings.Count(body, "<img") != 1 || inline.MatchString(strings.ReplaceAll(body, "onerror=", "")) {
			t.Errorf("%s has markup of a name's:\n%s", path, body)
		}
		for rest := body; strings.Contains(rest, "\u202e"); {
			before, next, _ := strings.Cut(rest, "\u202e")
			if open := max(strings.LastIndex(before, "<bdi>"), strings.LastIndex(before, "<code>"), strings.LastIndex(before, "<title>")); strings.LastIndex(before, "</") > open {
				t.Errorf("%s shows a name that could turn round what stands beside it: %q", path, before[max(0, len(before)-80):])
			}
			rest = next
		}
	}
}

func TestManyJobsAreManyPages(t *testing.T) {
	var board admin.Board
	for id := range int64(250) {
		board.Put(noon, queued(id+1, "a", float64(id)))
	}
	for path, want := range map[string]struct {
		rows  int
		first string
		links []string
	}{
		"/":         {100, "build 1<", []string{"?page=2"}},
		"/?page=2":  {100, "build 101<", []string{"?page=1", "?page=3"}},
		"/?page=3":  {50, "build 201<", []string{"?page=2"}},
		"/?page=99": {50, "build 201<", []string{"?page=2"}},
	} {
		body := get(t, "", board.Read(), path).Body.String()
		if got := strings.Count(body, `class="name"`); got != want.rows || !strings.Contains(body, want.first) {
			t.Errorf("%s: got %d jobs, want %d, and %q among them", path, got, want.rows, want.first)
		}
		if got := strings.Count(body, "?page="); got != len(want.links) {
			t.Errorf("%s: got %d links to pages, want %q", path, got, want.links)
		}
		for _, link := range want.links {
			if !strings.Contains(body, link) {
				t.Errorf("%s: lacks %q", path, link)
			}
		}
	}
}

// BenchmarkThePageOf10000Jobs is how long the first byte of a page takes: it is made whole before it is sent.
func BenchmarkThePageOf10000Jobs(b *testing.B) {
	var board admin.Board
	for id := range int64(10_000) {
		board.Put(noon, queued(id+1, "a", float64(id)).Because(runner.MaxRunners(7), noon))
	}
	handler := admin.Page{Stack: "prod", Read: board.Read}.Handler()
	for _, path := range []string{"/", "/jobs/9000"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody))
			}
			b.ReportMetric(float64(20*time.Millisecond), "goal-ns/op")
		})
	}
}
