package githubapp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAJITConfigRunsARunnerWithTheClassesLabels(t *testing.T) {
	inWorld(t, func(w *world) {
		id, config, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
		if err != nil {
			t.Fatal(err)
		}
		want := []localhub.RunnerEntry{{ID: id, Name: "mf-1", Labels: w.class.Labels}}
		if diff := cmp.Diff(want, w.hub.Books().Runners); diff != "" {
			t.Errorf("runners of the hub (-want +got):\n%s", diff)
		}
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"mayfly", "x64"}})
		stand := localhub.Runner{Client: w.http, Out: &bytes.Buffer{}, Execute: func(_ context.Context, _ localhub.Work) string { return localhub.Success }}
		if got := stand.Run(w.t.Context(), config.Reveal()); got != 0 {
			t.Errorf("the runner's exit code: got %d, want 0:\n%s", got, stand.Out)
		}
	})
}

func TestANameInUseIsErrNameTaken(t *testing.T) {
	inWorld(t, func(w *world) {
		w.jit(w.class, "mf-1")
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1"); !errors.Is(err, runner.ErrNameTaken) {
			t.Errorf("got %v, want ErrNameTaken", err)
		}
	})
}

func TestAnswersAreToldApart(t *testing.T) {
	limit := map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "946688400"}
	tests := []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   error // nil: worth another try
	}{
		{"unauthorised", 401, nil, `{"message":"Bad credentials"}`, runner.ErrDenied},
		{"forbidden", 403, nil, `{"message":"Resource not accessible by integration"}`, runner.ErrDenied},
		{"not found", 404, nil, `{"message":"Not Found"}`, runner.ErrGone},
		{"unprocessable", 422, nil, `{"message":"Invalid request."}`, runner.ErrRejected},
		{"name taken", 409, nil, `{"message":"Already exists"}`, runner.ErrNameTaken},
		{"hourly limit", 403, limit, `{"message":"API rate limit exceeded"}`, nil},
		{"secondary limit", 403, nil, `{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com/x#about-secondary-rate-limits"}`, nil},
		{"limit with a time", 403, map[string]string{"Retry-After": "60"}, `{"message":"wait"}`, nil},
		{"too many", 429, nil, `{"message":"wait"}`, nil},
		{"broken", 502, nil, "<html>", nil},
		{"redirect", 307, map[string]string{"Location": "http://hub/elsewhere"}, "", nil},
		{"empty", 201, nil, "", nil},
		{"no config", 201, nil, `{"runner":{"id":7},"encoded_jit_config":""}`, nil},
		{"no runner", 201, nil, `{"encoded_jit_config":"` + canary + `"}`, nil},
		{"no JSON", 201, nil, canary, nil},
		{"endless", 201, nil, `{"runner":{"id":7},"encoded_jit_config":"` + strings.Repeat(canary, 1<<20) + `"}`, nil},
	}
	for _, test := range tests {
		inWorld(t, func(w *world) {
			header := map[string][]string{}
			for key, value := range test.header {
				header[key] = []string{value}
			}
			w.answer(test.status, header, test.body)
			id, config, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
			if err == nil || id != 0 || !config.Empty() {
				t.Fatalf("%s: got id %d and error %v, want an error alone", test.name, id, err)
			}
			for _, known := range []error{runner.ErrRejected, runner.ErrDenied, runner.ErrGone, runner.ErrNameTaken} {
				if got, want := errors.Is(err, known), errors.Is(test.want, known); got != want {
					t.Errorf("%s: is %q: got %v, want %v: %v", test.name, known, got, want, err)
				}
			}
			for _, secret := range []string{canary, "ghs_", "eyJ", "Bearer", "http://"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: the error tells %q: %v", test.name, secret, err)
				}
			}
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	inWorld(t, func(w *world) {
		calls := 0
		w.front = func(answer http.ResponseWriter, _ *http.Request, _ []byte) bool {
			calls++
			answer.Header().Set("Location", "http://hub/elsewhere")
			answer.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}
		if _, err := w.client.Runners(w.t.Context(), w.app, w.scope); err == nil || calls != 1 {
			t.Errorf("got error %v after %d calls, want an error after 1", err, calls)
		}
	})
}

func TestAConnectionThatBreaksIsWorthAnotherTryAndTellsNoURL(t *testing.T) {
	inWorld(t, func(w *world) {
		w.front = func(http.ResponseWriter, *http.Request, []byte) bool { panic(http.ErrAbortHandler) }
		_, err := w.client.Runners(w.t.Context(), w.app, w.scope)
		if !errors.Is(err, io.EOF) || errors.Is(err, runner.ErrRejected) || strings.Contains(err.Error(), "http://") {
			t.Errorf("got %v, want an EOF and no URL", err)
		}
	})
}

func TestAllPagesOfRunnersAreRead(t *testing.T) {
	inWorld(t, func(w *world) {
		var want []runner.Registered
		for i := range 201 {
			if i%180 == 0 {
				time.Sleep(time.Minute) // GitHub's secondary limit
			}
			name := fmt.Sprint("mf-", i)
			id, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, name)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, runner.Registered{ID: id, Name: name, Labels: w.class.Labels})
		}
		got, err := w.client.Runners(w.t.Context(), w.app, w.scope)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("runners (-want +got):\n%s", diff)
		}
		if got, want := w.hub.Books().Calls[listRoute], 3; got != want {
			t.Errorf("calls: got %d, want %d", got, want)
		}
	})
}

func TestARunnerIsRemovedUnlessItIsBusy(t *testing.T) {
	inWorld(t, func(w *world) {
		id, config, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
		if err != nil {
			t.Fatal(err)
		}
		w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"x64"}})
		finish, finished := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(finished)
			execute := func(_ context.Context, _ localhub.Work) string { <-finish; return localhub.Success }
			localhub.Runner{Client: w.http, Out: &bytes.Buffer{}, Execute: execute}.Run(w.t.Context(), config.Reveal())
		}()
		synctest.Wait()
		got, err := w.client.Runners(w.t.Context(), w.app, w.scope)
		if diff := cmp.Diff([]runner.Registered{{ID: id, Name: "mf-1", Labels: w.class.Labels, Online: true, Busy: true}}, got); diff != "" || err != nil {
			t.Errorf("runners, with error %v (-want +got):\n%s", err, diff)
		}
		if err := w.client.Remove(w.t.Context(), w.app, w.scope, id); !errors.Is(err, runner.ErrBusy) {
			t.Errorf("remove a busy runner: got %v, want ErrBusy", err)
		}
		close(finish)
		<-finished
		if err := w.client.Remove(w.t.Context(), w.app, w.scope, id); err != nil {
			t.Errorf("remove a runner that is gone: got %v, want no error", err)
		}
	})
}

func TestAnIdleRunnerIsRemoved(t *testing.T) {
	inWorld(t, func(w *world) {
		id, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.client.Remove(w.t.Context(), w.app, w.scope, id); err != nil {
			t.Fatal(err)
		}
		if got := w.hub.Books().Runners; len(got) != 0 {
			t.Errorf("runners: got %v, want none", got)
		}
	})
}

func TestAClassThatIsNoneOfGitHubsIsRejectedWithoutACall(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, repository := range []runner.Repository{
			{ID: 1, FullName: ""}, {ID: 1, FullName: "sample"}, {ID: 1, FullName: "a/b/c"}, {ID: 1, FullName: "../b"},
			{ID: 1, FullName: "a/.."}, {ID: 1, FullName: "a/b?c"}, {ID: 0, FullName: sample},
		} {
			if err := w.client.Remove(w.t.Context(), w.app, runner.Scope{Installation: 1, Repository: repository}, 1); !errors.Is(err, runner.ErrRejected) {
				t.Errorf("%+v: got %v, want ErrRejected", repository, err)
			}
		}
		if got := w.hub.Books().TotalCalls; got != 0 {
			t.Errorf("calls: got %d, want 0", got)
		}
	})
}
