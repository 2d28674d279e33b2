package githubapp_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	sample = "mayfly-ci/sample"
	canary = "canary-3f9a"

	tokenRoute  = "POST /app/installations/{installation}/access_tokens"
	lookUpRoute = "GET /repos/{owner}/{repo}/installation"
	listRoute   = "GET /repos/{owner}/{repo}/actions/runners"
)

// world is a hub, a client of it, and whatever a test puts in front of the hub.
type world struct {
	t      *testing.T
	hub    *localhub.Hub
	http   *http.Client
	client *githubapp.Client
	app    int64
	class  runner.Class
	scope  runner.Scope
	// front may answer a request in the hub's place; its body is there to be read.
	front func(w http.ResponseWriter, r *http.Request, body []byte) (answered bool)
}

// inWorld runs a test in a bubble.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	inWorldOf(t, localhub.Config{}, test)
}

// inWorldOf runs a test in a bubble, on a hub of its own making.
func inWorldOf(t *testing.T, config localhub.Config, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var network localnet.Network
		transport := network.Transport()
		w := &world{t: t, http: &http.Client{Transport: transport}}
		config.URL, config.JITSecret, config.Client = "http://hub", func() string { return canary }, w.http
		w.hub = localhub.New(config)
		w.app, w.class = w.hub.App().ID, w.classOf(sample)
		w.scope = runner.Scope{Installation: w.class.Installation, Repository: w.class.Scope}
		w.client = w.clientOf(w.hub.App())
		closeHub := serve(t, &network, "hub:80", w)
		closeServer := serve(t, &network, "server:80", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // of webhooks
		defer func() {
			w.hub.Close()
			transport.CloseIdleConnections()
			closeHub()
			closeServer()
			time.Sleep(10 * time.Second) // go-github does not close the answer to a call that failed: its timer ends by itself
		}()
		test(w)
	})
}

func serve(t *testing.T, network *localnet.Network, address string, handler http.Handler) (closeServer func()) {
	t.Helper()
	listener, err := network.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }
}

func (w *world) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	if w.front != nil {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if w.front(answer, r, body) {
			return
		}
	}
	w.hub.ServeHTTP(answer, r)
}

// answer puts one answer in front of the hub, for every call but those for tokens.
func (w *world) answer(status int, header http.Header, body string) {
	w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
		if strings.HasSuffix(r.URL.Path, "/installation") || strings.HasSuffix(r.URL.Path, "/access_tokens") {
			return false
		}
		for key := range header {
			answer.Header().Set(key, header.Get(key))
		}
		answer.WriteHeader(status)
		_, _ = io.WriteString(answer, body)
		return true
	}
}

func (w *world) clientOf(apps ...localhub.App) *githubapp.Client {
	w.t.Helper()
	config := githubapp.Config{BaseURL: "http://hub", Client: w.http}
	for _, app := range apps {
		config.Apps = append(config.Apps, githubapp.App{ID: app.ID, Key: app.Key})
	}
	client, err := githubapp.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// classOf is a class of a repository, on which the App is installed.
func (w *world) classOf(repository string) runner.Class {
	installation := w.hub.Install(repository)
	return runner.Class{
		Installation: installation, Labels: []string{"mayfly", "x64"},
		Scope: runner.Repository{ID: w.hub.RepositoryID(repository), FullName: repository},
	}
}

// jit makes a JIT config that has to be made.
func (w *world) jit(class runner.Class, name string) {
	w.t.Helper()
	if _, _, err := w.client.JITConfig(w.t.Context(), w.app, class, name); err != nil {
		w.t.Fatal(err)
	}
}
