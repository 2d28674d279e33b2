package function_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
)

func webEvent(t *testing.T) (request events.LambdaFunctionURLRequest) {
	t.Helper()
	if err := json.Unmarshal(fixture(t, "web.json"), &request); err != nil {
		t.Fatal(err)
	}
	return request
}

func TestAHandlerSeesTheRequestThatWasSent(t *testing.T) {
	request := webEvent(t)
	request.RawPath, request.RawQueryString = "/a%2Fb/c", "q=1&q=%20"
	request.Cookies = []string{"a=1", "b=2"}
	request.Headers["x-twice"] = "one,two"
	raw := "\x00\xff{\"a\": \"\\u00e4\"}\r\n"
	request.Body = base64.StdEncoding.EncodeToString([]byte(raw))
	var got *http.Request
	var body []byte
	function.Serve(t.Context(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}), request)
	for what, pair := range map[string][2]string{
		"method":         {got.Method, "POST"},
		"path":           {got.URL.Path, "/a/b/c"},
		"escaped path":   {got.URL.EscapedPath(), "/a%2Fb/c"},
		"URI":            {got.RequestURI, "/a%2Fb/c?q=1&q=%20"},
		"query":          {got.URL.Query()["q"][1], " "},
		"host":           {got.Host, "abcdefg.lambda-url.eu-west-1.on.aws"},
		"remote address": {got.RemoteAddr, "140.82.115.1"},
		"body":           {string(body), raw},
		"cookie":         {got.Header.Get("Cookie"), "a=1; b=2"},
		"header":         {got.Header.Get("X-GitHub-Event"), "workflow_job"},
		"header twice":   {got.Header.Get("X-Twice"), "one,two"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
		}
	}
	if got, want := got.ContentLength, int64(len(raw)); got != want {
		t.Errorf("length: got %d, want %d", got, want)
	}
}

func TestABodyThatIsTextComesAsItIs(t *testing.T) {
	request := webEvent(t)
	request.Body, request.IsBase64Encoded = `{"action":"queued"}`, false
	var body []byte
	function.Serve(t.Context(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) }), request)
	if got, want := string(body), request.Body; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnAnswerGoesBackWhole(t *testing.T) {
	got := function.Serve(t.Context(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Vary"] = []string{"Accept", "Origin"}
		w.Header()["Set-Cookie"] = []string{"a=1; Secure", "b=2"}
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK) // too late
		_, _ = w.Write([]byte("\xff page"))
	}), webEvent(t))
	want := events.LambdaFunctionURLResponse{
		StatusCode: http.StatusTeapot, Headers: map[string]string{"Vary": "Accept, Origin"}, Cookies: []string{"a=1; Secure", "b=2"},
		Body: base64.StdEncoding.EncodeToString([]byte("\xff page")), IsBase64Encoded: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer, want - got +:\n%s", diff)
	}
}

func TestAHandlerThatSaysNothingSaysOK(t *testing.T) {
	got := function.Serve(t.Context(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), webEvent(t))
	if got.StatusCode != http.StatusOK || got.Body != "" || got.IsBase64Encoded {
		t.Errorf("got %+v, want 200 with no body", got)
	}
}

func TestARequestThatIsNoneIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*events.LambdaFunctionURLRequest){
		"a path cut short":     func(r *events.LambdaFunctionURLRequest) { r.RawPath = "/a%2" },
		"a path of no root":    func(r *events.LambdaFunctionURLRequest) { r.RawPath = "webhook" },
		"a body of no base64":  func(r *events.LambdaFunctionURLRequest) { r.Body = "!" },
		"a method of no token": func(r *events.LambdaFunctionURLRequest) { r.RequestContext.HTTP.Method = "PO ST" },
	} {
		request := webEvent(t)
		spoil(&request)
		got := function.Serve(t.Context(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Errorf("%s: the handler was asked", name)
		}), request)
		if got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %d, want 400", name, got.StatusCode)
		}
	}
}
