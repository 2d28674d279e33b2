package githubapp_test

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func apps(t *testing.T) []githubapp.App {
	hub := localhub.New(localhub.Config{})
	t.Cleanup(hub.Close)
	return []githubapp.App{{ID: hub.App().ID, Key: hub.App().Key}}
}

func TestBaseURLs(t *testing.T) {
	good := []string{
		"https://api.github.com", "https://api.github.com/", "https://ghe.example.com/api/v3", "https://ghe.example.com:8443/api/v3/", "https://api.acme.ghe.com", "http://127.0.0.1:8080",
		"http://[::1]:80", "http://localhost", "http://hub:80",
	}
	bad := []string{
		"", "api.github.com", "http://api.github.com", "http://10.0.0.1", "http://[fd00::1]", "ftp://hub", "https://",
		"https://user:" + canary + "@api.github.com", "https://api.github.com?token=" + canary, "https://api.github.com#" + canary,
		"http://" + "hub:" + canary, "https://a b",
	}
	all := apps(t)
	for _, text := range good {
		if _, err := githubapp.New(githubapp.Config{BaseURL: text, Apps: all}); err != nil {
			t.Errorf("%q: got %v, want no error", text, err)
		}
	}
	for _, text := range bad {
		_, err := githubapp.New(githubapp.Config{BaseURL: text, Apps: all})
		if err == nil || !strings.Contains(err.Error(), "base_url") {
			t.Errorf("%q: got %v, want an error that names base_url", text, err)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%q: the error tells the secret: %v", text, err)
		}
	}
}

func TestAnAddressBesideTheAPIsIsToldTheAPIs(t *testing.T) {
	all := apps(t)
	for text, want := range map[string]string{
		"https://github.com":                "give https://api.github.com",
		"https://www.github.com/acme":       "give https://api.github.com",
		"https://api.github.com/api/v3":     "give https://api.github.com",
		"https://acme.ghe.com":              "give https://api.acme.ghe.com",
		"https://acme.ghe.com/api/v3":       "give https://api.acme.ghe.com",
		"https://ghe.example.com":           "give https://ghe.example.com/api/v3",
		"https://ghe.example.com:8443/acme": "give https://ghe.example.com:8443/api/v3",
	} {
		if _, err := githubapp.New(githubapp.Config{BaseURL: text, Apps: all}); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: got %v, want an error that ends with %q", text, err, want)
		}
	}
}

func TestEveryBadFieldIsReported(t *testing.T) {
	good := apps(t)[0]
	_, err := githubapp.New(githubapp.Config{BaseURL: "http://api.github.com", Apps: []githubapp.App{
		{ID: 0, Key: good.Key}, {ID: 7, Key: secret.New(canary)}, {ID: 8, Key: good.Key}, {ID: 8, Key: good.Key},
	}})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{"base_url", "apps[0].id: the id is 0", "apps[1].key: the key of App 7", "apps[3].id: the id is 8"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to hold %q", err, want)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the error tells the key: %v", err)
	}
}
