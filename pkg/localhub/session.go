package localhub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// lastWords is how long a runner that was told to stop still tries to tell the hub.
const lastWords = 10 * time.Second

// askAgain is how long a runner with a job waits for a hub that is not there.
const askAgain = 5 * time.Second

// errExpired ends a runner that got no job in its time.
var errExpired = errors.New("the runner registration has expired")

// session is the runner's half of the runner's protocol.
type session struct {
	client *http.Client
	url    string
	bearer string
}

func (s *session) open(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "session", nil, nil)
	return err
}

func (s *session) close(ctx context.Context) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, _ = s.do(ctx, http.MethodDelete, "session", nil, nil) // the hub may be gone by now
}

// job waits until there is one.
func (s *session) job(ctx context.Context) (work, error) {
	for {
		var job work
		status, err := s.do(ctx, http.MethodGet, "job", nil, &job)
		if status == http.StatusNotFound {
			return job, errExpired
		}
		if err != nil || status == http.StatusOK {
			return job, err
		}
	}
}

// stopped waits until the hub says that the job is to stop, or that it is over.
func (s *session) stopped(ctx context.Context) {
	for ctx.Err() == nil {
		status, err := s.do(ctx, http.MethodGet, "stop", nil, nil)
		switch {
		case status == http.StatusNoContent:
		case status >= 200 && status < 500:
			return
		case err != nil:
			select { // the hub is not there: the job goes on
			case <-time.After(askAgain):
			case <-ctx.Done():
			}
		}
	}
}

func (s *session) complete(ctx context.Context, conclusion string) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	body, err := json.Marshal(completion{Conclusion: conclusion})
	if err != nil {
		return err
	}
	_, err = s.do(ctx, http.MethodPost, "completed", body, nil)
	return err
}

// logWriter uploads a job's log, also what is written after the runner was told to stop.
type logWriter struct {
	ctx context.Context
	hub *session
}

func (w logWriter) Write(text []byte) (int, error) {
	ctx, cancel := afterwards(w.ctx)
	defer cancel()
	if _, err := w.hub.do(ctx, http.MethodPost, "log", text, nil); err != nil {
		return 0, err
	}
	return len(text), nil
}

// afterwards outlives a context that has ended, for a short while.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lastWords)
}

// do makes one request and reads a 200's body into what is given. Any status but 2xx is an error.
func (s *session) do(ctx context.Context, method, path string, body []byte, into any) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the hub's URL within the JIT config is not one")
	}
	request.Header.Set("Authorization", "Bearer "+s.bearer)
	client := s.client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return 0, fmt.Errorf("the hub's answer to %s %s: %w", method, path, err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return response.StatusCode, fmt.Errorf("%s (%s %s: %d)", strings.TrimSpace(string(answer)), method, path, response.StatusCode)
	}
	if response.StatusCode == http.StatusOK && into != nil {
		err = json.Unmarshal(answer, into)
	}
	return response.StatusCode, err
}
