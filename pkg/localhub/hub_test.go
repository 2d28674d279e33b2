package localhub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const sample = "mayfly-ci/sample"

// world is a hub on a network of its own, and somebody who receives its webhooks.
type world struct {
	t            *testing.T
	hub          *localhub.Hub
	network      localnet.Network
	client       *http.Client
	installation int64
	runners      sync.WaitGroup
	mu           sync.Mutex
	webhooks     []webhook
	arrival      func(webhook)    // told of every webhook
	refuse       int              // the receiver's answer, if it is not 202
	slow         time.Duration    // how long the receiver takes
	list         []map[string]any // the last call's answer, if it was a list
}

type webhook struct {
	header http.Header
	body   []byte
}

// inWorld runs a test in a bubble.
func inWorld(t *testing.T, config localhub.Config, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		transport := w.network.Transport()
		w.client = &http.Client{Transport: transport}
		config.URL, config.WebhookURL, config.Client = "http://hub", "http://server/webhook", w.client
		config.WebhookSecret = secret.New("webhook secret")
		w.hub = localhub.New(config)
		w.installation = w.hub.Install(sample)
		closeHub, closeServer := serve(t, &w.network, "hub:80", w.hub), serve(t, &w.network, "server:80", w)
		defer func() {
			w.hub.Close()
			w.runners.Wait()
			transport.CloseIdleConnections()
			closeHub()
			closeServer()
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

// ServeHTTP receives webhooks.
func (w *world) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	select {
	case <-time.After(w.slow):
	case <-r.Context().Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.webhooks = append(w.webhooks, webhook{header: r.Header, body: body})
	if w.arrival != nil {
		w.arrival(w.webhooks[len(w.webhooks)-1])
	}
	answer.Header().Set("Location", "/webhook")
	answer.WriteHeader(max(w.refuse, http.StatusAccepted))
}

func (w *world) received() []webhook {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.webhooks
}

// appJWT is the App's, good for nine minutes, as changed.
func (w *world) appJWT(change func(*jwt.RegisteredClaims)) string {
	w.t.Helper()
	return w.jwtOf(w.hub.App(), change)
}

func (w *world) jwtOf(app localhub.App, change func(*jwt.RegisteredClaims)) string {
	w.t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(app.Key.Reveal()))
	if err != nil {
		w.t.Fatal(err)
	}
	claims := jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(app.ID, 10),
		IssuedAt:  jwt.NewNumericDate(time.Now().Add(-time.Minute)),
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(9 * time.Minute)),
	}
	if change != nil {
		change(&claims)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(key)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed
}

// call makes an API call.
func (w *world) call(method, path, bearer, body string) (status int, header http.Header, answer map[string]any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, "http://hub"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	w.list = nil
	if json.Unmarshal(text, &w.list) == nil {
		return response.StatusCode, response.Header, nil
	}
	if len(text) > 0 && text[0] != '<' {
		if err := json.Unmarshal(text, &answer); err != nil {
			w.t.Fatalf("%s %s: %d with a body that is no JSON: %v", method, path, response.StatusCode, err)
		}
	}
	return response.StatusCode, response.Header, answer
}

// token mints an installation token, narrowed by the body.
func (w *world) token(body string) string {
	w.t.Helper()
	status, _, answer := w.call("POST", "/app/installations/"+strconv.FormatInt(w.installation, 10)+"/access_tokens", w.appJWT(nil), body)
	if status != http.StatusCreated {
		w.t.Fatalf("token: got %d %v, want 201", status, answer)
	}
	return answer["token"].(string)
}

const (
	jitPath     = "/repos/" + sample + "/actions/runners/generate-jitconfig"
	runnersPath = "/repos/" + sample + "/actions/runners"
)

// jit registers a runner.
func (w *world) jit(token, name string, labels ...string) (id int64, encoded string) {
	w.t.Helper()
	body, _ := json.Marshal(map[string]any{"name": name, "runner_group_id": 1, "labels": labels, "work_folder": "_work"})
	status, _, answer := w.call("POST", jitPath, token, string(body))
	if status != http.StatusCreated {
		w.t.Fatalf("JIT config of %s: got %d %v, want 201", name, status, answer)
	}
	return int64(answer["runner"].(map[string]any)["id"].(float64)), answer["encoded_jit_config"].(string)
}

// ran is a runner that runs, or ran.
type ran struct {
	out  *bytes.Buffer
	code chan int
}

// run starts a runner. Its job writes its steps to its log and takes a minute.
func (w *world) run(ctx context.Context, encoded, conclusion string) ran {
	r := ran{out: &bytes.Buffer{}, code: make(chan int, 1)}
	runner := localhub.Runner{Client: w.client, Out: r.out, Execute: func(ctx context.Context, work localhub.Work) string {
		for _, step := range work.Steps {
			_, _ = io.WriteString(work.Log, step.Run+" "+work.Env["WHO"]+"\n")
		}
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
		return conclusion
	}}
	w.runners.Go(func() { r.code <- runner.Run(ctx, encoded) })
	return r
}
