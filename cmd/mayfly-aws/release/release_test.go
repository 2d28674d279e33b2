package release_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/release"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var (
	four = strings.Repeat("4", 64)
	five = strings.Repeat("5", 64)
)

// answer is GitHub's of a release whose archive for arm64 has a digest.
func answer(tag, arm64 string) string {
	return `{"tag_name":"` + tag + `","published_at":"2026-11-18T23:59:00Z","assets":[
		{"name":"actions-runner-win-x64-2.400.0.zip","digest":"sha256:00"},
		{"name":"actions-runner-linux-arm64-2.400.0.tar.gz","digest":"` + arm64 + `"},
		{"name":"actions-runner-linux-x64-2.400.0.tar.gz","digest":"sha256:` + four + `"}]}`
}

func TestAReleaseIsFound(t *testing.T) {
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/latest", "/tags/v2.400.0":
			_, _ = w.Write([]byte(answer("v2.400.0", "sha256:"+five)))
		case "/tags/v2.399.0":
			_, _ = w.Write([]byte(answer("v2.400.0", "")))
		case "/tags/v2.398.0":
			_, _ = w.Write([]byte("<html>"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(github.Close)
	want := release.Release{Version: "2.400.0", Day: "2026-11-18", SHA256: map[runner.Arch]string{runner.X64: four, runner.ARM64: five}}
	for version, problem := range map[string]string{
		"": "", "2.400.0": "", "2.399.0": "has no SHA-256", "2.398.0": "invalid character", "2.0.0": "404 Not Found",
	} {
		got, err := release.Find(t.Context(), github.Client(), github.URL+"/", version)
		switch {
		case problem == "":
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%q: got error %v and (-want +got):\n%s", version, err, diff)
			}
		case err == nil || !strings.Contains(err.Error(), problem):
			t.Errorf("%q: got error %v, want %q in it", version, err, problem)
		}
	}
}
