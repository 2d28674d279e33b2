package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/cmd/lambda/lambdatest"
)

// start has Lambda's own client call a function. There is no end to it but the process's, so the runtime is
// never closed, and only one test has it.
func start(t *testing.T, f *function.Function) *lambdatest.Runtime {
	t.Helper()
	runtime := lambdatest.New(function.Timeout)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_LAMBDA_RUNTIME_API", listener.Addr().String())
	web := &http.Server{Handler: runtime, ReadHeaderTimeout: time.Minute}
	go func() { _ = web.Serve(listener) }()
	go lambda.StartWithOptions(f, lambda.WithContext(context.WithoutCancel(t.Context())))
	return runtime
}

func TestAJobGoesThroughLambda(t *testing.T) {
	s := newStand(t)
	runtime := start(t, s.function)

	said := runtime.Invoke(s.delivery(t))
	var web struct{ StatusCode int }
	if err := json.Unmarshal([]byte(said.Body), &web); err != nil || said.Failed || web.StatusCode != http.StatusAccepted {
		t.Fatalf("a webhook: got %+v, %v, want 202", said, err)
	}
	messages, err := s.queue.Receive(t.Context(), 10, 0)
	if err != nil || len(messages) != 1 {
		t.Fatalf("got %d messages, %v, want the job's", len(messages), err)
	}
	said = runtime.Invoke(queueEvent(t, string(messages[0].Body), "hello"))
	if want := (lambdatest.Answer{Body: `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`}); said != want {
		t.Errorf("messages: got %+v, want %+v", said, want)
	}
	if got, want := s.job(t, 7), "refused"; got != want {
		t.Errorf("the job is %q, want %q: its repository is public", got, want)
	}
	if said = runtime.Invoke(fixture(t, "schedule.json")); said.Failed || s.ticks != 1 {
		t.Errorf("a tick: got %+v and %d ticks, want one", said, s.ticks)
	}
	said = runtime.Invoke([]byte(`{"key1": "value1"}`))
	if !said.Failed || !strings.Contains(said.Body, "function URL") {
		t.Errorf("another event: got %+v, want an error that says what is expected", said)
	}
	if log := s.log.String(); !strings.Contains(log, "invocation failed") {
		t.Errorf("got the log %q, want the failed invocation in it", log)
	}
}

// queueEvent is SQS's event with other messages.
func queueEvent(t *testing.T, bodies ...string) []byte {
	t.Helper()
	var event struct{ Records []map[string]any }
	if err := json.Unmarshal(fixture(t, "queue.json"), &event); err != nil {
		t.Fatal(err)
	}
	pattern := event.Records[0]
	event.Records = nil
	for n, body := range bodies {
		record := map[string]any{}
		for key, value := range pattern {
			record[key] = value
		}
		record["messageId"], record["receiptHandle"], record["body"] = fmt.Sprintf("m%d", n), fmt.Sprintf("brought-%d", n), body
		event.Records = append(event.Records, record)
	}
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
