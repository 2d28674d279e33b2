package githubapp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestAppsAreReadFromTheirSecret(t *testing.T) {
	key := apps(t)[0].Key
	quoted, err := json.Marshal(key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int64{
		"":     nil,
		"[]\n": nil,
		fmt.Sprintf(`[{"id": 7, "key": %s}, {"id": "8", "key": %s}]`, quoted, quoted): {7, 8},
	} {
		got, err := githubapp.ParseApps(secret.New(text))
		if err != nil {
			t.Errorf("%.20s: got error %v, want none", text, err)
		}
		var ids []int64
		for _, app := range got {
			ids = append(ids, app.ID)
			if !app.Key.Equal(key) {
				t.Errorf("App %d has another key", app.ID)
			}
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("%.20s (-want +got):\n%s", text, diff)
		}
	}
}

func TestABadSecretOfAppsNamesTheFieldAndTellsNothing(t *testing.T) {
	for text, want := range map[string]string{
		canary:                                                      "apps: the text is not what it has to be",
		`{"id": 7, "key": "` + canary + `"}`:                        "apps: the text is not what it has to be",
		`[{"id": 7, "key": "x"}] ` + canary:                         "apps: the text is not what it has to be",
		`[{"id": 7, "pem": "` + canary + `"}]`:                      "apps: the text is not what it has to be",
		`[{"id": 7, "key": "` + canary + `"}]`:                      "apps[0].key: the key of App 7 is no RSA private key",
		`[{"key": "x"}]`:                                            "apps[0].id: it is no whole number",
		`[{"id": 7, "key": "x"}, {"id": 7.5, "key": "x"}]`:          "apps[1].id: it is no whole number",
		`[{"id": 7, "key": "x"}, {"id": "` + "7" + `", "key": ""}]`: "apps[1].id: the id is 7",
	} {
		_, err := githubapp.ParseApps(secret.New(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got %v, want an error with %q and nothing of the text", text, err, want)
		}
	}
}

func TestOneAppIsReadFromTwoValues(t *testing.T) {
	key := apps(t)[0].Key
	inOneLine := secret.New(strings.ReplaceAll(key.Reveal(), "\n", `\n`))
	for _, given := range []secret.Text{key, inOneLine} {
		got, err := githubapp.ParseApp(" 7\n", given)
		if err != nil || len(got) != 1 || got[0].ID != 7 || !got[0].Key.Equal(key) {
			t.Errorf("got %v and error %v, want App 7 with its key", got, err)
		}
	}
	if got, err := githubapp.ParseApp("", secret.Text{}); err != nil || len(got) != 0 {
		t.Errorf("nothing given: got %v and error %v, want neither", got, err)
	}
	for _, bad := range []struct {
		id   string
		key  secret.Text
		want string
	}{
		{"", key, `apps[0].id: it is ""`}, {"seven", key, `apps[0].id: it is "seven"`}, {"-7", key, "apps[0].id: the id is -7"},
		{"7", secret.Text{}, "apps[0].key"}, {"7", secret.New(canary), "apps[0].key"},
	} {
		_, err := githubapp.ParseApp(bad.id, bad.key)
		if err == nil || !strings.Contains(err.Error(), bad.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("id %q: got %v, want an error with %q and no key", bad.id, err, bad.want)
		}
	}
}

func TestAppsAreSetUpAndChangedWhileTheClientWorks(t *testing.T) {
	inWorldOf(t, localhub.Config{Apps: 2}, func(w *world) {
		w.client = w.clientOf()
		first, second := w.hub.Apps()[0], w.hub.Apps()[1]
		ask := func(app int64, name string) error {
			_, _, err := w.client.JITConfig(w.t.Context(), app, w.class, name)
			return err
		}
		if err := ask(first.ID, "mf-1"); !errors.Is(err, runner.ErrNoApp) {
			t.Errorf("no App yet: got %v, want ErrNoApp", err)
		}
		if _, err := w.client.FailedDeliveries(w.t.Context(), 0, time.Now()); !errors.Is(err, runner.ErrNoApp) {
			t.Errorf("no App yet: got %v, want ErrNoApp", err)
		}
		set := func(apps ...localhub.App) error {
			var ours []githubapp.App
			for _, app := range apps {
				ours = append(ours, githubapp.App{ID: app.ID, Key: app.Key})
			}
			return w.client.SetApps(ours)
		}
		if err := errors.Join(set(first), ask(first.ID, "mf-1")); err != nil {
			t.Errorf("set up: %v", err)
		}
		if err := set(localhub.App{ID: second.ID, Key: secret.New(canary)}); err == nil {
			t.Error("a bad key: got no error")
		}
		if err := ask(first.ID, "mf-2"); err != nil {
			t.Errorf("after Apps that were not taken: %v", err)
		}
		if err := errors.Join(set(second), ask(second.ID, "mf-3")); err != nil {
			t.Errorf("changed: %v", err)
		}
		if err := ask(first.ID, "mf-4"); !errors.Is(err, runner.ErrDenied) {
			t.Errorf("an App that was taken away and whose token is good still: got %v, want ErrDenied", err)
		}
	})
}
