package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const (
	maxToken    = 128 // bytes
	maxValue    = 4 << 10
	maxDocument = 64 << 10
)

var (
	tokenShape = regexp.MustCompile(`^[A-Za-z0-9+/=_-]+$`)

	errShape        = errors.New("that is no answer of EC2's")
	errUnauthorized = errors.New("the token was refused")
)

// statusError is a status that says nothing in particular.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the answer was %d %s", int(s), http.StatusText(int(s)))
}

// requests are single requests, with the token that they need.
type requests struct {
	endpoint string
	life     time.Duration // of a token
	client   *http.Client

	mu    sync.Mutex // never held during a request
	token string
	until time.Time // when the token ends
}

func (r *requests) read(ctx context.Context, path string, limit int) ([]byte, error) {
	token, err := r.session(ctx)
	if err != nil {
		return nil, fmt.Errorf("get a token: %w", err)
	}
	return r.do(ctx, http.MethodGet, path, "X-Aws-Ec2-Metadata-Token", token, limit)
}

// session is a token that is good for a while yet.
func (r *requests) session(ctx context.Context) (string, error) {
	r.mu.Lock()
	token, left := r.token, time.Until(r.until)
	r.mu.Unlock()
	if left > renewBefore {
		return token, nil
	}
	asked := time.Now()
	body, err := r.do(ctx, http.MethodPut, "api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", strconv.Itoa(int(r.life.Seconds())), maxToken)
	switch {
	case errors.Is(err, ErrAbsent):
		return "", fmt.Errorf("this metadata has no version 2: %w", err)
	case err != nil:
		return "", err
	case !tokenShape.Match(body):
		return "", fmt.Errorf("the token has characters that none has: %w", errShape)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token, r.until = string(body), asked.Add(r.life)
	return r.token, nil
}

// forget makes the next request get a new token.
func (r *requests) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = time.Time{}
}

// do makes one request, in 2 s at most.
func (r *requests) do(ctx context.Context, method, path, header, value string, limit int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, r.endpoint+"/latest/"+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errShape)
	}
	request.Header.Set(header, value)
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, response.Body, maxValue) // else the connection cannot be used again
		_ = response.Body.Close()
	}()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, ErrAbsent
	case http.StatusUnauthorized:
		return nil, errUnauthorized
	default:
		return nil, statusError(response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(body) > limit {
		return nil, fmt.Errorf("it is longer than the %d bytes that are allowed: %w", limit, errShape)
	}
	return body, nil
}
