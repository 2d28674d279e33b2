package function

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Serve has a handler answer a request to the function's URL. A request that is none of HTTP's is 400, as
// net/http would answer it. The body's bytes are those that were sent, for a signature to be verified over.
//
// A header that was sent twice comes as one, joined by a comma; whoever wants a header exactly once has to
// refuse such a value, as the webhook stage does.
func Serve(ctx context.Context, handler http.Handler, from events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	request, err := requestOf(ctx, from)
	if err != nil {
		return events.LambdaFunctionURLResponse{StatusCode: http.StatusBadRequest}
	}
	answer := &answer{header: http.Header{}}
	handler.ServeHTTP(answer, request)
	return answer.response()
}

func requestOf(ctx context.Context, from events.LambdaFunctionURLRequest) (*http.Request, error) {
	path, err := url.PathUnescape(from.RawPath)
	if err != nil || !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("path %q", from.RawPath)
	}
	body := []byte(from.Body)
	if from.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(from.Body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, from.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.URL = &url.URL{Path: path, RawPath: from.RawPath, RawQuery: from.RawQueryString}
	request.RequestURI = request.URL.RequestURI()
	request.RemoteAddr = from.RequestContext.HTTP.SourceIP
	for name, value := range from.Headers {
		request.Header.Add(name, value)
	}
	if len(from.Cookies) > 0 {
		request.Header.Set("Cookie", strings.Join(from.Cookies, "; "))
	}
	request.Host = request.Header.Get("Host")
	request.Header.Del("Host") // where net/http has it
	return request, nil
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(some []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(some)
}

func (a *answer) response() events.LambdaFunctionURLResponse {
	a.WriteHeader(http.StatusOK)
	response := events.LambdaFunctionURLResponse{StatusCode: a.status, Headers: map[string]string{}, Cookies: a.header.Values("Set-Cookie")}
	for name, values := range a.header {
		if name != "Set-Cookie" {
			response.Headers[name] = strings.Join(values, ", ")
		}
	}
	if a.body.Len() > 0 { // in base64, for it need not be text
		response.Body, response.IsBase64Encoded = base64.StdEncoding.EncodeToString(a.body.Bytes()), true
	}
	return response
}
