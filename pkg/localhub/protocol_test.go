package localhub_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// bearerOf is what the runner of a JIT config shows.
func bearerOf(t *testing.T, encoded string) string {
	t.Helper()
	var config struct {
		RunnerID int64 `json:"runner_id"`
		Secret   string
	}
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &config); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d.%s", config.RunnerID, config.Secret)
}

func TestTheHubTakesARunnersWordOnlyWhileItRunsAJob(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		bearer := bearerOf(t, encoded)
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		for i, step := range []struct {
			path, bearer, body string
			want               int
		}{
			{"session", "", "", 401},
			{"session", bearer + "x", "", 401},
			{"log", bearer, "early", 409},
			{"completed", bearer, `{"conclusion":"success"}`, 409},
			{"session", bearer, "", 201},
			{"session", bearer, "", 409},
			{"log", bearer, "early", 409},
			{"job", bearer, "", 200},
			{"log", bearer, "text", 204},
			{"completed", bearer, `{"conclusion":"splendid"}`, 422},
			{"completed", bearer, `{`, 422},
			{"completed", bearer, `{"conclusion":"success"}`, 204},
			{"completed", bearer, `{"conclusion":"failure"}`, 409},
			{"log", bearer, "late", 409},
			{"session", bearer, "", 410},
		} {
			method := http.MethodPost
			if step.path == "job" {
				method = http.MethodGet
			}
			request, err := http.NewRequestWithContext(w.t.Context(), method, "http://hub/_runner/"+step.path, strings.NewReader(step.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+step.bearer)
			response, err := w.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != step.want {
				t.Errorf("step %d, %s %s %s: got %d, want %d", i, method, step.path, step.body, response.StatusCode, step.want)
			}
		}
		if job := w.hub.Books().Jobs[0]; job.Log != "text" || job.Conclusion != localhub.Success {
			t.Errorf("job: got the log %q and %q, want text and success", job.Log, job.Conclusion)
		}
	})
}

func TestAnExecutorThatConcludesNothingFailsItsRunner(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		runner := w.run(w.t.Context(), encoded, "splendid")
		if got := <-runner.code; got != 1 || !strings.Contains(runner.out.String(), "splendid") {
			t.Errorf("got exit code %d and %q, want 1 and the conclusion named", got, runner.out)
		}
	})
}
