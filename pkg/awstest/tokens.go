package awstest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
)

// ClientTokens stands before moto, which ignores client tokens: a fleet call that is repeated gets the
// answer of the first and launches nothing, and one that is another under the same token is refused.
// Source: docs.aws.amazon.com, "Ensuring idempotency in Amazon EC2 API requests".
//
// What a caller began is carried on and remembered though the caller is gone. Make it with [NewClientTokens].
type ClientTokens struct {
	next http.Handler

	mu      sync.Mutex
	answers map[string]answered // by token
}

// answered is a call that was carried out.
type answered struct {
	request string
	answer  *httptest.ResponseRecorder
}

// NewClientTokens stands before a handler of EC2's wire, of whatever other service is behind it, too.
func NewClientTokens(next http.Handler) *ClientTokens {
	return &ClientTokens{next: next, answers: map[string]answered{}}
}

func (c *ClientTokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r = r.Clone(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	sent, err := url.ParseQuery(string(body))
	if token := sent.Get("ClientToken"); err == nil && sent.Get("Action") == "CreateFleet" && token != "" {
		c.fleet(w, r, token, sent.Encode())
		return
	}
	c.next.ServeHTTP(w, r)
}

// fleet answers a fleet call: the next one waits, as it may be the same.
func (c *ClientTokens) fleet(w http.ResponseWriter, r *http.Request, token, request string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, repeated := c.answers[token]
	switch {
	case !repeated:
		known = answered{request, httptest.NewRecorder()}
		c.next.ServeHTTP(known.answer, r)
		if known.answer.Code == http.StatusOK {
			c.answers[token] = known
		}
	case known.request != request:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, mismatch) // a caller who is gone needs no answer
		return
	}
	maps.Copy(w.Header(), known.answer.Header())
	w.WriteHeader(known.answer.Code)
	_, _ = w.Write(known.answer.Body.Bytes())
}

// mismatch is EC2's refusal. Source: docs.aws.amazon.com, "Error codes for the Amazon EC2 API".
const mismatch = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>IdempotentParameterMismatch</Code>
<Message>The request uses the same client token as a previous, but non-identical request.</Message></Error></Errors>
<RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>`
