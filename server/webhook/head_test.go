package webhook_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/server/webhook"
)

func TestARequestThatIsNotGitHubsIsRefused(t *testing.T) {
	body := ours(t)
	good := sign(current, body)
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"as GitHub sends it":       {func(*http.Request) {}, http.StatusAccepted},
		"the previous secret":      {header("X-Hub-Signature-256", sign(previous, body)), http.StatusAccepted},
		"a charset":                {header("Content-Type", "application/json; charset=utf-8"), http.StatusAccepted},
		"identity encoding":        {header("Content-Encoding", "identity"), http.StatusAccepted},
		"another path":             {func(r *http.Request) { r.URL.Path = "/webhooks" }, http.StatusNotFound},
		"another method":           {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"no content type":          {header("Content-Type"), http.StatusBadRequest},
		"two content types":        {header("Content-Type", "application/json", "application/json"), http.StatusBadRequest},
		"a form":                   {header("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType},
		"a broken content type":    {header("Content-Type", "application/json; ="), http.StatusUnsupportedMediaType},
		"a compressed body":        {header("Content-Encoding", "gzip"), http.StatusUnsupportedMediaType},
		"no event":                 {header("X-GitHub-Event"), http.StatusBadRequest},
		"two events":               {header("X-GitHub-Event", "ping", "ping"), http.StatusBadRequest},
		"an event of two words":    {header("X-GitHub-Event", "workflow job"), http.StatusBadRequest},
		"no delivery":              {header("X-GitHub-Delivery"), http.StatusBadRequest},
		"two deliveries":           {header("X-GitHub-Delivery", "a", "b"), http.StatusBadRequest},
		"a delivery without end":   {header("X-GitHub-Delivery", strings.Repeat("a", 65)), http.StatusBadRequest},
		"two signatures":           {header("X-Hub-Signature-256", good, good), http.StatusBadRequest},
		"no signature":             {header("X-Hub-Signature-256"), http.StatusUnauthorized},
		"an empty signature":       {header("X-Hub-Signature-256", ""), http.StatusUnauthorized},
		"sha1":                     {header("X-Hub-Signature-256", "sha1="+good[len("sha256="):]), http.StatusUnauthorized},
		"upper-case digits":        {header("X-Hub-Signature-256", "sha256="+strings.ToUpper(good[len("sha256="):])), http.StatusUnauthorized},
		"half a signature":         {header("X-Hub-Signature-256", good[:len(good)/2+3]), http.StatusUnauthorized},
		"one digit too many":       {header("X-Hub-Signature-256", good+"0"), http.StatusUnauthorized},
		"another secret":           {header("X-Hub-Signature-256", sign("another", body)), http.StatusUnauthorized},
		"an empty secret":          {header("X-Hub-Signature-256", sign("", body)), http.StatusUnauthorized},
		"another body's signature": {header("X-Hub-Signature-256", sign(current, body[1:])), http.StatusUnauthorized},
		"a body that is announced too long": {func(r *http.Request) { r.ContentLength = webhook.DefaultMaxBody + 1 },
			http.StatusRequestEntityTooLarge},
		"a body that turns out too long": {func(r *http.Request) {
			r.ContentLength = -1
			r.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", webhook.DefaultMaxBody+1)))
		}, http.StatusRequestEntityTooLarge},
		"a body that breaks off": {func(r *http.Request) { r.Body = io.NopCloser(failingReader{}) }, http.StatusBadRequest},
	} {
		p := newParty(t)
		answer := p.post(body, test.change)
		if answer.Code != test.want || answer.Body.Len() != 0 {
			t.Errorf("%s: got status %d and body %q, want %d and none", name, answer.Code, answer.Body, test.want)
		}
		if accepted := test.want == http.StatusAccepted; accepted != (len(p.sent) == 1) {
			t.Errorf("%s: got %d events", name, len(p.sent))
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
