package dynamodb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
)

// document is what DynamoDB is sent, and what it answers.
type document = map[string]any

// answer is one of DynamoDB's. A status of 0 is an answer that was lost.
type answer struct {
	status int
	body   any
}

// fault is DynamoDB's refusal.
func fault(kind string, more document) answer {
	body := document{"__type": "com.amazonaws.dynamodb.v20120810#" + kind, "message": "said DynamoDB"}
	for key, value := range more {
		body[key] = value
	}
	return answer{status: http.StatusBadRequest, body: body}
}

// cancelled is the refusal of a transaction, with the code of each of its writes.
func cancelled(codes ...string) answer {
	var reasons []document
	for _, code := range codes {
		reasons = append(reasons, document{"Code": code, "Message": "because", "Item": document{"fence": document{"N": "9"}, "until": document{"N": "0"}}})
	}
	return fault("TransactionCanceledException", document{"CancellationReasons": reasons})
}

// wire answers each request by a function, and keeps them. The last answer of a script is repeated.
type wire struct {
	mu       sync.Mutex
	answer   func(request document) answer
	requests []document
}

func script(answers ...answer) *wire {
	w := &wire{}
	w.answer = func(document) answer { return answers[min(len(w.requests), len(answers))-1] }
	return w
}

func (w *wire) record() *dynamodb.Record {
	return dynamodb.New(aws.Config{Region: "eu-west-1", Credentials: awstest.Credentials, HTTPClient: w}, "jobs")
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sent document
	if err := json.NewDecoder(request.Body).Decode(&sent); err != nil {
		return nil, err
	}
	w.requests = append(w.requests, sent)
	says := w.answer(sent)
	if says.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	body, err := json.Marshal(says.body)
	if err != nil {
		return nil, err
	}
	if text, cut := says.body.(string); cut {
		body = []byte(text)
	}
	return &http.Response{StatusCode: says.status, Header: http.Header{}, Request: request, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// checkRequests also checks that all of them were the same.
func (w *wire) checkRequests(t *testing.T, what string, want int) {
	t.Helper()
	if got := len(w.requests); got != want {
		t.Errorf("%s: got %d requests, want %d", what, got, want)
	}
	first, err := json.Marshal(w.requests[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range w.requests[1:] {
		if again, err := json.Marshal(request); err != nil || !bytes.Equal(again, first) {
			t.Errorf("%s: a repeat differs:\n%s\n%s", what, first, again)
		}
	}
}

func checkSays(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got error %v, want one that says %q", what, err, want)
	}
}
