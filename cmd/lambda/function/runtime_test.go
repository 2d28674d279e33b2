package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
)

// runtimeAPI is Lambda's, as a function sees it. Source: docs.aws.amazon.com, AWS Lambda Developer Guide,
// "Using the Lambda runtime API for custom runtimes".
type runtimeAPI struct {
	events  chan string
	answers chan answered
}

// answered is what a function said to an event, at response or at error.
type answered struct{ path, body string }

const invocations = "/2018-06-01/runtime/invocation/"

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{events: make(chan string), answers: make(chan answered)}
}

func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != invocations+"next" {
		body, _ := io.ReadAll(r.Body)
		a.answers <- answered{r.URL.Path[len(invocations):], string(body)}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	event := <-a.events
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8476a536")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(function.Timeout).UnixMilli(), 10))
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:ci-worker")
	_, _ = io.WriteString(w, event)
}

// start has Lambda's own client call a function. There is no end to it but the process's, so it is never
// closed, and only one test has it.
func (a *runtimeAPI) start(t *testing.T, f *function.Function) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_LAMBDA_RUNTIME_API", listener.Addr().String())
	web := &http.Server{Handler: a, ReadHeaderTimeout: time.Minute}
	go func() { _ = web.Serve(listener) }()
	go lambda.StartWithOptions(f, lambda.WithContext(context.WithoutCancel(t.Context())))
}

// invoke gives the function an event, and its answer.
func (a *runtimeAPI) invoke(event []byte) answered {
	a.events <- string(event)
	return <-a.answers
}

func TestAJobGoesThroughLambda(t *testing.T) {
	s := newStand(t)
	api := newRuntimeAPI()
	api.start(t, s.function)

	said := api.invoke(s.delivery(t))
	var web struct{ StatusCode int }
	if err := json.Unmarshal([]byte(said.body), &web); err != nil || said.path != "8476a536/response" || web.StatusCode != http.StatusAccepted {
		t.Fatalf("a webhook: got %+v, %v, want 202", said, err)
	}
	messages, err := s.queue.Receive(t.Context(), 10)
	if err != nil || len(messages) != 1 {
		t.Fatalf("got %d messages, %v, want the job's", len(messages), err)
	}
	said = api.invoke(queueEvent(t, string(messages[0].Body), "hello"))
	if want := (answered{"8476a536/response", `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`}); said != want {
		t.Errorf("messages: got %+v, want %+v", said, want)
	}
	if got, want := s.job(t, 7), "refused"; got != want {
		t.Errorf("the job is %q, want %q: its repository is public", got, want)
	}
	if said = api.invoke(fixture(t, "schedule.json")); said.path != "8476a536/response" || s.ticks != 1 {
		t.Errorf("a tick: got %+v and %d ticks, want one", said, s.ticks)
	}
	said = api.invoke([]byte(`{"key1": "value1"}`))
	if said.path != "8476a536/error" || !bytes.Contains([]byte(said.body), []byte("function URL")) {
		t.Errorf("another event: got %+v, want an error that says what is expected", said)
	}
	if log := s.log.String(); !bytes.Contains([]byte(log), []byte("invocation failed")) {
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
