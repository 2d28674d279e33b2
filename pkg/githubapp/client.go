package githubapp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v62/github"
	"golang.org/x/sync/singleflight"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	// callFor is how long a call may take, where the caller's client does not say.
	callFor = 10 * time.Second
	// maxBody is the longest answer that is read, in bytes: a page of 100 runners takes about 100 kB.
	maxBody = 4 << 20
	// userAgent is what GitHub asks every client for.
	userAgent = "mayfly"
)

// Client calls GitHub as the configured Apps: the caller says as which. It may be used by many
// goroutines at once.
type Client struct {
	base *url.URL
	http *http.Client
	apps atomic.Pointer[[]app]
	mask *secret.Masker

	opening   singleflight.Group // by ticket
	mu        sync.Mutex
	installed map[place]int64 // installations
	known     map[ticket]access
	groups    map[groupName]int64 // GitHub's ids
	meters    map[meter]level
	skew      time.Duration // of GitHub's clock against ours
}

// place is a repository, or with no name and id an organisation, as an App sees it.
type place struct {
	app         int64
	id          int64 // of the repository
	owner, name string
}

func (p place) isOrganisation() bool { return p.name == "" }

// ticket is what a token is for: a place, and what is done there.
type ticket struct {
	place
	purpose purpose
}

// access is what acts with a ticket.
type access struct {
	api   *github.Client // holds the token
	until time.Time      // when to mint another
}

// New makes a client. The error holds every field that is wrong.
func New(config Config) (*Client, error) {
	base, err := parseBaseURL(config.BaseURL)
	apps, appsErr := readApps(config.Apps, config.Masker)
	if err := errors.Join(err, appsErr); err != nil {
		return nil, err
	}
	c := &Client{
		base: base, http: careful(config.Client), mask: config.Masker,
		installed: map[place]int64{}, known: map[ticket]access{}, groups: map[groupName]int64{}, meters: map[meter]level{},
	}
	c.apps.Store(&apps)
	return c, nil
}

// careful follows no redirect, which would take the token elsewhere, waits for no endless call and reads
// no endless answer.
func careful(client *http.Client) *http.Client {
	ours := *cmp.Or(client, http.DefaultClient)
	ours.CheckRedirect = refuseRedirect
	ours.Timeout = cmp.Or(ours.Timeout, callFor)
	if ours.Transport == nil {
		ours.Transport = http.DefaultTransport
	}
	ours.Transport = capped{ours.Transport}
	return &ours
}

// refuseRedirect tells where it would have gone, but no path or query, which may hold a secret.
func refuseRedirect(to *http.Request, _ []*http.Request) error {
	return fmt.Errorf("GitHub redirects to %s, and that is not followed: if GitHub's API is there, give its address as base_url; if a repository was renamed, the next webhook tells its name", to.URL.Host)
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

// api is a go-github client that sends a token, and whose limits are an App's at an owner.
func (c *Client) api(token string, app int64, owner string) *github.Client {
	ours := *c.http
	ours.Transport = metered{RoundTripper: ours.Transport, client: c, app: app, owner: strings.ToLower(owner)}
	api := github.NewClient(&ours)
	api.BaseURL, api.UserAgent = c.base, userAgent
	return api.WithAuthToken(token)
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// placeOf reads a repository or an organisation, whose name becomes part of a path, so it has to look
// like one.
func placeOf(app int64, repository runner.Repository) (place, error) {
	owner, name, _ := strings.Cut(repository.FullName, "/")
	if repository.IsOrganisation() && isName(owner) {
		return place{app: app, owner: strings.ToLower(owner)}, nil
	}
	if !isName(owner) || !isName(name) {
		return place{}, fmt.Errorf("scope: the repository is %q, it has to be owner/name: %w", repository.FullName, runner.ErrRejected)
	}
	if repository.ID <= 0 {
		return place{}, fmt.Errorf("scope: the id of %s is %d, GitHub's are positive: %w", repository.FullName, repository.ID, runner.ErrRejected)
	}
	return place{app: app, id: repository.ID, owner: strings.ToLower(owner), name: strings.ToLower(name)}, nil
}

func isName(part string) bool { return namePattern.MatchString(part) && strings.Trim(part, ".") != "" }

// within makes calls as an App in a scope, and explains what went wrong with them. After a 401 or a
// 404 the token is forgotten: the App may have been installed anew.
func (c *Client) within(ctx context.Context, app int64, scope runner.Scope, purpose purpose, what string, calls func(*github.Client, place) error) error {
	where, err := placeOf(app, scope.Repository)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	pass := ticket{place: where, purpose: purpose}
	api, err := c.open(ctx, pass)
	if err != nil {
		return fmt.Errorf("%s: %w", what, ownedBy(scope, err))
	}
	err = calls(api, where)
	if err == nil {
		return nil
	}
	if status := statusOf(err); status == http.StatusUnauthorized || status == http.StatusNotFound {
		c.forget(pass, api)
	}
	return fmt.Errorf("%s: %w", what, ownedBy(scope, explain(err)))
}

// scopeOf is where a class's runners are registered.
func scopeOf(class runner.Class) runner.Scope {
	return runner.Scope{Installation: class.Installation, Repository: class.Scope}
}
