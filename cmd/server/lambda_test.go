//go:build aws

package main

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/cmd/lambda/lambdatest"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// functions are the real cmd/lambda, and what AWS puts before it: one process is all functions of the stack.
type functions struct {
	account
	runtime *lambdatest.Runtime
	log     *syncBuffer
}

func startFunctions(t *testing.T, a account, github string) *functions {
	t.Helper()
	f := &functions{account: a, runtime: lambdatest.New(function.Timeout), log: new(syncBuffer)}
	api := httptest.NewServer(f.runtime)
	binary := filepath.Join(t.TempDir(), "bootstrap")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../lambda").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	command := exec.CommandContext(t.Context(), binary)
	command.Env = append(a.environment("", github), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"))
	command.Stdout, command.Stderr = f.log, f.log
	a.must(command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		api.Close()
	})
	return f
}

// poll is the event source of the queue: it brings what there is, and removes what was applied.
func (f *functions) poll() {
	f.t.Helper()
	api := sqs.NewFromConfig(f.config)
	got, err := api.ReceiveMessage(f.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &f.queueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
	f.must(err)
	if len(got.Messages) == 0 {
		return
	}
	var brought []events.SQSMessage
	for _, m := range got.Messages {
		brought = append(brought, events.SQSMessage{MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, EventSource: "aws:sqs"})
	}
	for _, applied := range f.runtime.Deliver(brought) {
		_, err := api.DeleteMessage(f.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &f.queueURL, ReceiptHandle: &applied.ReceiptHandle})
		f.must(err)
	}
}

// messages are how many the queue still has, hidden and delayed ones, too.
func (f *functions) messages(which ...types.QueueAttributeName) (many map[string]string) {
	f.t.Helper()
	answer, err := sqs.NewFromConfig(f.config).GetQueueAttributes(f.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &f.queueURL, AttributeNames: which})
	f.must(err)
	return answer.Attributes
}

func TestAWebhookBecomesAnAssignmentThroughFunctionsAlone(t *testing.T) {
	a := newAccount(t)
	var hub *localhub.Hub
	var f *functions
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hub.ServeHTTP(w, r) }))
	defer github.Close()
	url := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.runtime.URL().ServeHTTP(w, r) }))
	defer url.Close()
	hub = localhub.New(localhub.Config{Seed: 7, URL: github.URL, WebhookURL: url.URL + "/webhooks/github", WebhookSecret: secret.New(webhookKey)})
	defer hub.Close()
	hub.Install("octo/repo")
	app := hub.App()
	a.setUp(app)
	f = startFunctions(t, a, github.URL)

	schedule := map[string]any{"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": map[string]any{}}
	if said := f.runtime.InvokeWith(schedule); said.Failed {
		t.Fatalf("a tick: got %s; the log:\n%s", said.Body, f.log)
	}
	hub.Queue("octo/repo", localhub.Job{Name: "build", Workflow: "CI", Labels: []string{"mayfly=1/runner=2cpu-linux-x64/spot=false"}})
	for range 60 {
		if f.poll(); len(a.objects()) == 1 {
			break
		}
	}
	ids := a.instances()
	if len(ids) != 1 {
		t.Fatalf("got instances %v, want one; the log:\n%s", ids, f.log)
	}
	if diff := cmp.Diff([]string{"runners/AROAEXAMPLE:" + ids[0] + "/assignment.json"}, a.objects()); diff != "" {
		t.Errorf("the bucket (-want +got):\n%s", diff)
	}
	left := f.messages(types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	if diff := cmp.Diff(map[string]string{"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}, left); diff != "" {
		t.Errorf("the queue, but for a wake-up (-want +got):\n%s", diff)
	}
	for _, told := range []string{webhookKey, strings.Split(app.Key.Reveal(), "\n")[1], `"level":"ERROR"`} {
		if strings.Contains(f.log.String(), told) {
			t.Errorf("got %q in the log:\n%s", told, f.log)
		}
	}
}
