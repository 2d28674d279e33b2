package lambdatest

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// URL is the function's URL. What the function does not answer is a 502, as on AWS. Source: docs.aws.amazon.com,
// AWS Lambda Developer Guide, "Invoking Lambda function URLs".
func (r *Runtime) URL() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		event := events.LambdaFunctionURLRequest{
			Version: "2.0", RawPath: request.URL.EscapedPath(), RawQueryString: request.URL.RawQuery, Headers: map[string]string{"host": request.Host},
			Body: base64.StdEncoding.EncodeToString(body), IsBase64Encoded: true,
		}
		event.RequestContext.HTTP.Method = request.Method
		for name, values := range request.Header {
			event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
		var answer events.LambdaFunctionURLResponse
		if json.Unmarshal([]byte(r.InvokeWith(event).Body), &answer) != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(answer.StatusCode)
	})
}

// Deliver brings messages of a queue, as an event source with ReportBatchItemFailures does, and says which of
// them are to be removed.
func (r *Runtime) Deliver(messages []events.SQSMessage) (applied []events.SQSMessage) {
	said := r.InvokeWith(events.SQSEvent{Records: messages})
	var answer events.SQSEventResponse
	if said.Failed || json.Unmarshal([]byte(said.Body), &answer) != nil {
		return nil
	}
	return slices.DeleteFunc(messages, func(m events.SQSMessage) bool {
		return slices.ContainsFunc(answer.BatchItemFailures, func(f events.SQSBatchItemFailure) bool { return f.ItemIdentifier == m.MessageId })
	})
}

// InvokeWith is [Runtime.Invoke] with what becomes JSON.
func (r *Runtime) InvokeWith(event any) Answer {
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // events are plain structs and maps
	}
	return r.Invoke(raw)
}
