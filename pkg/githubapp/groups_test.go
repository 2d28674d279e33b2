package githubapp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	groupsRoute  = "GET /orgs/{org}/actions/runner-groups"
	orgJITRoute  = "POST /orgs/{org}/actions/runners/generate-jitconfig"
	orgListRoute = "GET /orgs/{org}/actions/runners"
)

// inGroup is a class of the organisation of the sample, in a runner group.
func (w *world) inGroup(group string) runner.Class {
	class := w.class
	class.Scope, class.Group = runner.Organisation("Mayfly-CI"), group
	return class
}

func TestARunnerOfAnOrganisationIsMadeListedAndRemoved(t *testing.T) {
	inWorld(t, func(w *world) {
		var asked []map[string]any
		w.front = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/access_tokens") {
				var request map[string]any
				if err := json.Unmarshal(body, &request); err != nil {
					t.Error(err)
				}
				asked = append(asked, request)
			}
			return false
		}
		w.hub.Group("mayfly-ci", "builders")
		class := w.inGroup("builders")
		scope := runner.Scope{Installation: class.Installation, Repository: class.Scope}
		id, config, err := w.client.JITConfig(w.t.Context(), w.app, class, "mf-1")
		if err != nil || config.Empty() {
			t.Fatalf("got id %d and error %v, want a JIT config", id, err)
		}
		w.jit(class, "mf-2")
		listed, err := w.client.Runners(w.t.Context(), w.app, scope)
		if err != nil || len(listed) != 2 || listed[0].ID != id {
			t.Errorf("got runners %v and error %v, want both", listed, err)
		}
		if err := w.client.Remove(w.t.Context(), w.app, scope, id); err != nil {
			t.Errorf("remove: %v", err)
		}
		if in, err := w.client.Runners(w.t.Context(), w.app, w.scope); err != nil || len(in) != 0 {
			t.Errorf("in the repository: got runners %v and error %v, want neither", in, err)
		}
		want := []map[string]any{
			{"permissions": map[string]any{"organization_self_hosted_runners": "write"}},
			{"repository_ids": []any{float64(w.class.Scope.ID)}, "permissions": map[string]any{"administration": "write"}},
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
		calls := w.hub.Books().Calls
		if calls[groupsRoute] != 1 || calls[orgJITRoute] != 2 || calls[orgListRoute] != 1 {
			t.Errorf("got calls %v, want one to find the group", calls)
		}
	})
}

func TestARunnerGroupThatIsNotThere(t *testing.T) {
	inWorld(t, func(w *world) {
		class := w.inGroup("builders")
		ask := func(name string) error {
			_, _, err := w.client.JITConfig(w.t.Context(), w.app, class, name)
			return err
		}
		if err := ask("mf-1"); !errors.Is(err, runner.ErrNoGroup) || !strings.Contains(err.Error(), `"builders" of mayfly-ci`) {
			t.Errorf("not there: got %v, want ErrNoGroup that names it", err)
		}
		w.hub.Group("mayfly-ci", "builders")
		if err := ask("mf-1"); err != nil {
			t.Errorf("made: %v", err)
		}
		w.hub.Ungroup("mayfly-ci", "builders")
		if err := ask("mf-2"); !errors.Is(err, runner.ErrNoGroup) {
			t.Errorf("deleted: got %v, want ErrNoGroup", err)
		}
		w.hub.Group("mayfly-ci", "builders")
		if err := ask("mf-2"); err != nil {
			t.Errorf("made anew, with another id: %v", err)
		}
		if err := ask("mf-2"); !errors.Is(err, runner.ErrNameTaken) {
			t.Errorf("the same name: got %v, want ErrNameTaken", err)
		}
		class.Labels = nil
		if err := ask("mf-3"); !errors.Is(err, runner.ErrRejected) {
			t.Errorf("rejected for another reason: got %v, want ErrRejected", err)
		}
	})
}

func TestWhichRepositoriesARunnerGroupAdmits(t *testing.T) {
	inWorld(t, func(w *world) {
		other := w.classOf("mayfly-ci/other")
		scopes := map[string]runner.Scope{"sample": w.scope, "other": {Installation: other.Installation, Repository: other.Scope}}
		for n := range 120 { // more than a page
			w.hub.Group("mayfly-ci", fmt.Sprint("group ", n))
		}
		w.hub.Group("mayfly-ci", "some", sample)
		for _, test := range []struct {
			group, repository string
			public            bool
			want              error
		}{
			{"some", "sample", false, nil},
			{"some", "other", false, runner.ErrBarred},
			{"some", "sample", true, runner.ErrBarred},
			{"group 119", "other", false, nil},
			{"Default", "other", false, nil},
			{"none", "sample", false, runner.ErrNoGroup},
		} {
			if err := w.client.Admits(w.t.Context(), w.app, scopes[test.repository], test.group, test.public); !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%s, %s, public %t: got %v, want %v", test.group, test.repository, test.public, err, test.want)
			}
		}
	})
}

func TestAnOrganisationWithoutTheApp(t *testing.T) {
	inWorld(t, func(w *world) {
		class := w.inGroup("builders")
		class.Scope = runner.Organisation("strangers")
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, class, "mf-1"); !errors.Is(err, runner.ErrNotInstalled) {
			t.Errorf("got %v, want ErrNotInstalled", err)
		}
	})
}

// The page that tells an operator what to grant tells of all that is asked for, and of nothing else.
func TestThePageTellsOfEveryPermission(t *testing.T) {
	page, err := os.ReadFile("../../docs/github.md")
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(w *world) {
		asked := map[string]bool{}
		w.front = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
			var request struct{ Permissions map[string]string }
			if err := json.Unmarshal(body, &request); strings.HasSuffix(r.URL.Path, "/access_tokens") && err != nil {
				t.Error(err)
			}
			for kind, level := range request.Permissions {
				asked[kind+": "+level] = true
			}
			return false
		}
		w.jit(w.class, "mf-1")
		_ = w.client.Admits(w.t.Context(), w.app, w.scope, "Default", false)
		_ = w.client.Cancel(w.t.Context(), w.app, w.scope, 1)
		_, _ = w.client.Origin(w.t.Context(), w.app, w.scope, 1)
		_, _ = w.client.Repositories(w.t.Context(), w.app)
		told := map[string]bool{}
		for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+: [a-z]+)` \\|").FindAllStringSubmatch(string(page), -1) {
			told[row[1]] = true
		}
		if diff := cmp.Diff(asked, told); diff != "" {
			t.Errorf("what is asked for, and what the page tells (-asked +told):\n%s", diff)
		}
	})
}
