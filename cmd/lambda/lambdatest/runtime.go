// Package lambdatest is Lambda's runtime API, as a function sees it: it hands out events, and takes answers.
// It is for tests.
package lambdatest

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Runtime is the runtime API of one function. Make it with [New], and serve it where the function's
// AWS_LAMBDA_RUNTIME_API says. Source: docs.aws.amazon.com, AWS Lambda Developer Guide, "Using the Lambda
// runtime API for custom runtimes".
type Runtime struct {
	timeout time.Duration

	one     sync.Mutex // invocation at a time
	events  chan []byte
	answers chan Answer
}

// Answer is what a function said to an event.
type Answer struct {
	Failed bool // it is the function's error
	Body   string
}

// New is a runtime API whose function has so long for each event.
func New(timeout time.Duration) *Runtime {
	return &Runtime{timeout: timeout, events: make(chan []byte), answers: make(chan Answer)}
}

// Invoke gives the function an event, and its answer. It waits until the function asks for one.
func (r *Runtime) Invoke(event []byte) Answer {
	r.one.Lock()
	defer r.one.Unlock()
	r.events <- event
	return <-r.answers
}

const (
	invocations = "/2018-06-01/runtime/invocation/"
	requestID   = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
)

// ServeHTTP answers the function.
func (r *Runtime) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	switch what := strings.TrimPrefix(request.URL.Path, invocations); what {
	case "next":
		select {
		case event := <-r.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", requestID)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(r.timeout).UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:ci")
			_, _ = w.Write(event)
		case <-request.Context().Done():
		}
	case requestID + "/response", requestID + "/error":
		body, err := io.ReadAll(request.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.answers <- Answer{Failed: strings.HasSuffix(what, "/error"), Body: string(body)}
		w.WriteHeader(http.StatusAccepted)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
