package githubapp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v62/github"
	"golang.org/x/sync/singleflight"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	// callFor is how long a call may take, where the caller brings no client.
	callFor = 10 * time.Second
	// maxBody is the longest answer that is read, in bytes: a page of 100 runners takes about 100 kB.
	maxBody = 4 << 20
	// userAgent is what GitHub asks every client for.
	userAgent = "mayfly"
)

// Client calls GitHub as the configured Apps. It may be used by many goroutines at once.
type Client struct {
	base *url.URL
	http *http.Client
	apps []app

	opening singleflight.Group // by scope
	mu      sync.Mutex
	known   map[scope]access
}

// scope is where a token is good: an installation, narrowed to one repository.
type scope struct {
	installation int64
	id           int64 // of the repository
	owner, name  string
}

// access is what acts in a scope.
type access struct {
	app   app
	api   *github.Client // holds the token
	until time.Time      // when to mint another
}

// New makes a client. The error holds every field that is wrong.
func New(config Config) (*Client, error) {
	base, apps, err := config.parse()
	if err != nil {
		return nil, err
	}
	return &Client{base: base, http: careful(config.Client), apps: apps, known: map[scope]access{}}, nil
}

// careful follows no redirect, which would take the token elsewhere, and reads no endless answer.
func careful(client *http.Client) *http.Client {
	if client == nil {
		client = &http.Client{Timeout: callFor}
	}
	ours := *client
	ours.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if ours.Transport == nil {
		ours.Transport = http.DefaultTransport
	}
	ours.Transport = capped{ours.Transport}
	return &ours
}

// capped cuts answers off at maxBody, with an error.
type capped struct{ http.RoundTripper }

func (c capped) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maxBody)
	}
	return response, err
}

// api is a go-github client that sends a token.
func (c *Client) api(token string) *github.Client {
	api := github.NewClient(c.http)
	api.BaseURL, api.UserAgent = c.base, userAgent
	return api.WithAuthToken(token)
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// scopeOf reads a class. Its repository becomes part of a path, so it has to look like one.
func scopeOf(class runner.Class) (scope, error) {
	owner, name, _ := strings.Cut(class.Scope.FullName, "/")
	for _, part := range []string{owner, name} {
		if !namePattern.MatchString(part) || strings.Trim(part, ".") == "" {
			return scope{}, fmt.Errorf("scope: the repository is %q, it has to be owner/name: %w", class.Scope.FullName, runner.ErrRejected)
		}
	}
	if class.Scope.ID <= 0 {
		return scope{}, fmt.Errorf("scope: the id of %s is %d, GitHub's are positive: %w", class.Scope.FullName, class.Scope.ID, runner.ErrRejected)
	}
	return scope{installation: class.Installation, id: class.Scope.ID, owner: strings.ToLower(owner), name: strings.ToLower(name)}, nil
}

// within makes calls in a class's scope, and explains what went wrong with them. After a 401 or a 404
// the token is forgotten: the App may have been installed anew.
func (c *Client) within(ctx context.Context, class runner.Class, what string, calls func(*github.Client, scope) error) error {
	where, err := scopeOf(class)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	api, err := c.open(ctx, where)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	err = calls(api, where)
	if err == nil {
		return nil
	}
	if status := statusOf(err); status == http.StatusUnauthorized || status == http.StatusNotFound {
		c.forget(where, api)
	}
	return fmt.Errorf("%s: %w", what, explain(err))
}
