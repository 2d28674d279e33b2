//go:build aws

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// process is the real server, as a container runs it.
type process struct {
	account
	address string
	command *exec.Cmd
	log     *syncBuffer
}

type syncBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

func start(t *testing.T, a account, address, github string) *process {
	t.Helper()
	p := &process{account: a, address: address, log: new(syncBuffer), command: exec.CommandContext(t.Context(), build(t))}
	p.command.Env, p.command.Stdout, p.command.Stderr = a.environment(address, github), p.log, p.log
	a.must(p.command.Start())
	return p
}

// ask asks the server, which may not listen yet.
func (p *process) ask(method, path string) (status int, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.address+path, http.NoBody)
	p.must(err)
	request.Header.Set("Authorization", "Bearer "+tickKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	all, err := io.ReadAll(answer.Body)
	p.must(err)
	return answer.StatusCode, string(all)
}

// await asks again and again until something is so.
func (p *process) await(what string, is func() bool) {
	p.t.Helper()
	for range 600 {
		if is() {
			return
		}
		select {
		case <-p.t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	p.t.Fatalf("%s: not within a minute; the log:\n%s", what, p.log.String())
}

// lacks is what the server says that it lacks, after a pass.
func (p *process) lacks() map[string]bool {
	p.t.Helper()
	var told struct{ Lacks map[string]string }
	_, body := p.ask(http.MethodGet, "/readyz")
	if json.Unmarshal([]byte(body), &told) != nil {
		return map[string]bool{"an answer": true}
	}
	parts := map[string]bool{}
	for part := range told.Lacks {
		parts[part] = true
	}
	return parts
}

func TestAServerIsSetUpWhileItRunsAndAWebhookBecomesAnAssignment(t *testing.T) {
	a, address := newAccount(t), freeAddress(t)
	var hub *localhub.Hub
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hub.ServeHTTP(w, r) }))
	defer github.Close()
	hub = localhub.New(localhub.Config{
		Seed: 7, URL: github.URL, WebhookURL: "http://" + address + "/webhooks/github", WebhookSecret: secret.New(webhookKey),
	})
	defer hub.Close()
	hub.Install("octo/repo")
	p := start(t, a, address, github.URL)
	p.await("a ping", func() bool { status, _ := p.ask(http.MethodGet, "/ping"); return status == http.StatusOK })
	p.await("a pass", func() bool { return !p.lacks()["pass"] })
	if diff := cmp.Diff(map[string]bool{"github_app": true, "webhook_secret": true}, p.lacks()); diff != "" {
		t.Errorf("before it is set up it lacks (-want +got):\n%s", diff)
	}

	app := hub.App()
	a.setUp(app)
	p.await("ready", func() bool {
		p.ask(http.MethodPost, "/internal/tick")
		status, _ := p.ask(http.MethodGet, "/readyz")
		return status == http.StatusOK
	})

	hub.Queue("octo/repo", localhub.Job{Name: "build", Workflow: "CI", Labels: []string{"mayfly=1/runner=2cpu-linux-x64/spot=false"}})
	p.await("an assignment", func() bool { return len(a.objects()) == 1 })
	ids := a.instances()
	if len(ids) != 1 {
		t.Fatalf("got instances %v, want one", ids)
	}
	if diff := cmp.Diff([]string{"runners/AROAEXAMPLE:" + ids[0] + "/assignment.json"}, a.objects()); diff != "" {
		t.Errorf("the bucket (-want +got):\n%s", diff)
	}

	a.must(p.command.Process.Signal(syscall.SIGTERM))
	if err := p.command.Wait(); err != nil {
		t.Errorf("after SIGTERM it ended with %v, want none", err)
	}
	for _, told := range []string{webhookKey, tickKey, strings.Split(app.Key.Reveal(), "\n")[1]} {
		if strings.Contains(p.log.String(), told) {
			t.Errorf("the log tells a secret:\n%s", p.log.String())
		}
	}
	if strings.Contains(p.log.String(), `"level":"ERROR"`) {
		t.Errorf("the log has an error:\n%s", p.log.String())
	}
}
