package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// outside is all that a function may call: EC2, which knows two instances, and a container. What else is
// asked of AWS is denied.
type outside struct {
	mu    sync.Mutex
	calls []string
}

func (o *outside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	call := r.Method + " " + r.URL.Path
	switch r.Form.Get("Action") {
	case "DescribeInstances":
		call = "describe " + r.Form.Get("Filter.1.Name") + "=" + r.Form.Get("Filter.1.Value.1")
		_, _ = fmt.Fprintf(w, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item><instancesSet>%s%s</instancesSet></item></reservationSet></DescribeInstancesResponse>`,
			running("i-old", 7*time.Hour), running("i-young", time.Hour))
	case "TerminateInstances":
		call = "terminate " + r.Form.Get("InstanceId.1") + r.Form.Get("InstanceId.2")
		_, _ = fmt.Fprint(w, `<TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"/>`)
	default:
		if r.URL.Path == "/internal/tick" && r.Header.Get("Authorization") == "Bearer "+tickKey {
			break
		}
		w.WriteHeader(http.StatusForbidden)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, call)
}

func running(id string, age time.Duration) string {
	return fmt.Sprintf(`<item><instanceId>%s</instanceId><instanceState><code>16</code><name>running</name></instanceState><launchTime>%s</launchTime></item>`,
		id, time.Now().Add(-age).UTC().Format(time.RFC3339))
}

const tickKey = "a tick's token of 32 bytes or more."

// newHost is a host whose AWS is outside. The log is what it writes.
func newHost(t *testing.T, environment ...string) (h *host, o *outside, url string, log *strings.Builder) {
	t.Helper()
	o, log = &outside{}, &strings.Builder{}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	masker := secret.NewMasker()
	h = &host{
		environment: append([]string{"MAYFLY_STACK=ci", "AWS_REGION=eu-west-1", "MAYFLY_MAX_RUNTIME=6h"}, environment...),
		log:         slog.New(secret.NewHandler(slog.NewTextHandler(log, nil), masker)), masker: masker,
	}
	return h, o, server.URL, log
}

func event(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("function/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestBesideAContainerAFunctionIsItsTickAndTheWatchdog(t *testing.T) {
	h, o, url, log := newHost(t, "MAYFLY_TICK_TOKEN="+tickKey)
	h.environment = append(h.environment, "MAYFLY_TICK_URL="+url+"/internal/tick")
	if _, err := h.function().Invoke(t.Context(), event(t, "schedule.json")); err != nil {
		t.Fatal(err)
	}
	slices.Sort(o.calls)
	if diff := cmp.Diff([]string{"POST /internal/tick", "describe tag:mayfly-stack=ci", "terminate i-old"}, o.calls); diff != "" {
		t.Errorf("calls, want - got +:\n%s", diff)
	}
	if !strings.Contains(log.String(), "i-old") || strings.Contains(log.String(), tickKey) {
		t.Errorf("got the log %q, want the instance in it, and no token", log)
	}
}

func TestTheWatchdogWorksThoughTheServerCannotBeMade(t *testing.T) {
	h, o, _, log := newHost(t)
	_, err := h.function().Invoke(t.Context(), event(t, "schedule.json"))
	if err == nil || !strings.Contains(err.Error(), "tick: MAYFLY_TABLE is empty") || strings.Contains(err.Error(), "watchdog: ") {
		t.Errorf("got error %v, want the tick's, which names what is missing", err)
	}
	if !slices.Contains(o.calls, "terminate i-old") {
		t.Errorf("got calls %v, want the end of i-old; the log:\n%s", o.calls, log)
	}
}

// whole is the environment of a stack without a container.
var whole = []string{
	"MAYFLY_TABLE=ci-record", "MAYFLY_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/1/ci", "MAYFLY_BUCKET=ci-control",
	"MAYFLY_GITHUB_APPS_ARN=arn:aws:secretsmanager:eu-west-1:1:secret:apps", "MAYFLY_WEBHOOK_SECRET_ARN=arn:aws:secretsmanager:eu-west-1:1:secret:hook",
	"MAYFLY_ROLE_ID=AROAEXAMPLE", "MAYFLY_TEMPLATE_X64=lt-0a1:7", "MAYFLY_IMAGE_X64=ami-0a1", "MAYFLY_SUBNETS=subnet-a",
}

func TestWithoutAContainerAFunctionIsTheServer(t *testing.T) {
	h, _, _, _ := newHost(t, whole...)
	if _, err := settings.Read(h.environment); err != nil {
		t.Fatal(err)
	}
	f := h.function()
	ping := strings.NewReplacer(`"/webhooks/github"`, `"/ping"`, `"POST"`, `"GET"`).Replace(string(event(t, "web.json")))
	answer, err := f.Invoke(t.Context(), []byte(ping))
	if err != nil || !strings.Contains(string(answer), `"statusCode":200`) {
		t.Errorf("a ping: got %s, %v, want 200", answer, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, kind := range []string{"queue.json", "schedule.json"} {
		if _, err := f.Invoke(ctx, event(t, kind)); err == nil || !strings.Contains(err.Error(), "timeout of "+function.Timeout.String()) {
			t.Errorf("%s: got error %v, want the worker's, who has too little time", kind, err)
		}
	}
	if one, two := h.server, h.worker; one == nil || two == nil {
		t.Error("got no server, want one")
	}
	if again, worker, err := h.made(t.Context()); err != nil || again != h.server || worker != h.worker {
		t.Errorf("got another server, %v, want the same, which keeps what it knows", err)
	}
}
