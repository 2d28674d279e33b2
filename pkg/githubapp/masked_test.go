package githubapp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestEveryCredentialIsMaskedBeforeItIsUsed(t *testing.T) {
	inWorld(t, func(w *world) {
		masker, key := secret.NewMasker(), w.hub.App().Key
		masked := func(plain string) bool { return masker.MaskString(plain) == "***" }
		var used []string
		w.front = func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
			credential := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			kind := "JWT"
			if strings.HasPrefix(credential, "ghs_") {
				kind = "token"
			}
			used = append(used, kind)
			if !masked(credential) {
				t.Errorf("%s %s is sent with a %s that the masker does not know", r.Method, r.URL.Path, kind)
			}
			return false
		}
		client, err := githubapp.New(githubapp.Config{
			BaseURL: "http://hub", Client: w.http, Masker: masker, Apps: []githubapp.App{{ID: w.app, Key: key}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !masked(key.Reveal()) {
			t.Error("the App's key is not masked")
		}
		_, config, err := client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
		if err != nil {
			t.Fatal(err)
		}
		if !masked(config.Reveal()) {
			t.Error("the JIT config is not masked")
		}
		if !slices.Contains(used, "JWT") || !slices.Contains(used, "token") {
			t.Errorf("got requests with %q, want both a JWT and a token", used)
		}
		time.Sleep(2 * time.Hour) // tokens are forgotten, keys are not
		if _, _, err := client.JITConfig(w.t.Context(), w.app, w.class, "mf-2"); err != nil {
			t.Fatal(err)
		}
		if masked(config.Reveal()) {
			t.Error("a JIT config that was handed on long ago is masked still")
		}
		if !masked(key.Reveal()) {
			t.Error("after two hours: the App's key is not masked")
		}
	})
}

func TestACredentialThatCannotBeMaskedIsNotUsed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answer(http.StatusCreated, nil, `{"runner":{"id":7},"encoded_jit_config":"short"}`)
		_, config, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
		if err == nil || !strings.Contains(err.Error(), "encoded_jit_config in GitHub's answer: secret: it has 5 bytes") || !config.Empty() {
			t.Errorf("got %v, want that the JIT config is too short", err)
		}
	})
}
