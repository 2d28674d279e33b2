package githubapp

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// waitAtLeast is how long to wait where GitHub's answer does not tell.
// Source: docs.github.com, "Best practices for using the REST API", handling rate limit errors.
const waitAtLeast = time.Minute

// The headers that tell of limits.
const (
	headerLimit     = "X-Ratelimit-Limit"
	headerRemaining = "X-Ratelimit-Remaining"
	headerReset     = "X-Ratelimit-Reset"
	headerResource  = "X-Ratelimit-Resource"
	headerRetry     = "Retry-After"
)

// meter is one of GitHub's hourly limits: an App has one of each resource at every owner.
type meter struct {
	app      int64
	owner    string // lower case; empty for calls of the App itself
	resource string // core, actions_runner_registration
}

// level is what a meter showed last, and until when that is of interest.
type level struct {
	fraction float64
	until    time.Time
}

// Remaining is the fraction of an App's hourly limit at an owner that is left, by the last answers:
// of several limits the one that has least left. It is not known before the first answer, nor once
// the hour is over.
func (c *Client) Remaining(app int64, owner string) (fraction float64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fraction = 1
	for m, last := range c.meters {
		if m.app == app && strings.EqualFold(m.owner, owner) && time.Now().Before(last.until) {
			fraction, known = min(fraction, last.fraction), true
		}
	}
	return fraction, known
}

// metered reads the limits off every answer. An answer that is a limit becomes a [runner.LimitError],
// and no header of a limit gets further: go-github would remember it, and hold later calls back.
type metered struct {
	http.RoundTripper
	client *Client
	app    int64
	owner  string
}

func (m metered) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := m.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	m.client.keepTime(response.Header)
	m.note(response.Header)
	limited, err := isLimit(response)
	if err == nil && limited {
		err = &runner.LimitError{App: m.app, Until: limitEnd(response.Header, time.Now())}
	}
	if err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	for _, key := range []string{headerLimit, headerRemaining, headerReset} {
		response.Header.Del(key)
	}
	return response, nil
}

func (m metered) note(header http.Header) {
	limit, limitErr := strconv.ParseFloat(header.Get(headerLimit), 64)
	remaining, remainingErr := strconv.ParseFloat(header.Get(headerRemaining), 64)
	reset, resetErr := strconv.ParseInt(header.Get(headerReset), 10, 64)
	if errors.Join(limitErr, remainingErr, resetErr) != nil || limit <= 0 {
		return
	}
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	key := meter{app: m.app, owner: m.owner, resource: header.Get(headerResource)}
	m.client.meters[key] = level{fraction: remaining / limit, until: time.Unix(reset, 0)}
}

// isLimit says whether an answer is a limit. A 403 may be one or not, and only its text may tell.
func isLimit(response *http.Response) (bool, error) {
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		return true, nil
	case response.StatusCode != http.StatusForbidden:
		return false, nil
	case response.Header.Get(headerRetry) != "" || response.Header.Get(headerRemaining) == "0":
		return true, nil
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return false, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(text), response.Body}
	return bytes.Contains(text, []byte("secondary rate limit")) || bytes.Contains(text, []byte("secondary-rate-limits")), nil
}

// limitEnd is when GitHub may be asked again.
func limitEnd(header http.Header, now time.Time) time.Time {
	if seconds, err := strconv.Atoi(header.Get(headerRetry)); err == nil {
		return now.Add(time.Duration(max(0, seconds)) * time.Second)
	}
	reset, err := strconv.ParseInt(header.Get(headerReset), 10, 64)
	if err == nil && header.Get(headerRemaining) == "0" && reset > now.Unix() {
		return time.Unix(reset, 0)
	}
	return now.Add(waitAtLeast)
}

// ownedBy tells a limit whose it is.
func ownedBy(scope runner.Scope, err error) error {
	var limit *runner.LimitError
	if !errors.As(err, &limit) {
		return err
	}
	owner, _, _ := strings.Cut(scope.Repository.FullName, "/")
	return &runner.LimitError{App: limit.App, Owner: owner, Until: limit.Until}
}
