package githubapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	// renewBefore is how long before its end a token is used no more.
	renewBefore = 5 * time.Minute
	// mintFor is how long it may take to get a token: its caller's context does not end it, for others wait too.
	mintFor = 20 * time.Second
)

// purpose is what a token is for, and so the least that it may do.
type purpose string

// The purposes of tokens.
const (
	registering purpose = "registering" // makes, lists and removes runners of a repository
	grouping    purpose = "grouping"    // does the same in an organisation, and looks at its runner groups
	reading     purpose = "reading"     // reads runs and jobs
	cancelling  purpose = "cancelling"  // cancels runs
	listing     purpose = "listing"     // lists the repositories of an installation
)

func (p purpose) permissions() *github.InstallationPermissions {
	switch p {
	case registering:
		return &github.InstallationPermissions{Administration: github.String("write")}
	case grouping:
		return &github.InstallationPermissions{OrganizationSelfHostedRunners: github.String("write")}
	case reading:
		return &github.InstallationPermissions{Actions: github.String("read"), Metadata: github.String("read")}
	case cancelling:
		return &github.InstallationPermissions{Actions: github.String("write")}
	default:
		return &github.InstallationPermissions{Metadata: github.String("read")}
	}
}

// registeringIn is the purpose of what concerns the runners of a scope.
func registeringIn(scope runner.Scope) purpose {
	if scope.Repository.IsOrganisation() {
		return grouping
	}
	return registering
}

// open is a client with a token that is good for a while. However many callers ask at once, one
// token is minted.
func (c *Client) open(ctx context.Context, pass ticket) (*github.Client, error) {
	opened := c.opening.DoChan(fmt.Sprint(pass), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mintFor)
		defer cancel()
		return c.mint(ctx, pass)
	})
	select {
	case result := <-opened:
		api, _ := result.Val.(*github.Client)
		return api, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// mint gets a token, and remembers it, unless it has one still.
func (c *Client) mint(ctx context.Context, pass ticket) (*github.Client, error) {
	if _, err := c.app(pass.app); err != nil {
		return nil, err // whatever token there is
	}
	known, installation := c.lookUp(pass)
	if c.now().Before(known.until) {
		return known.api, nil
	}
	clock := c.skewed()
	token, installation, err := c.mintAs(ctx, pass, installation)
	if errors.Is(err, runner.ErrDenied) && c.skewed() != clock {
		token, installation, err = c.mintAs(ctx, pass, installation) // by GitHub's clock, which its answer told
	}
	if err != nil {
		return nil, err
	}
	known = access{api: c.api(token.GetToken(), pass.app, pass.owner), until: token.GetExpiresAt().Add(-renewBefore)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[pass], c.installed[pass.place] = known, installation
	return known.api, nil
}

// mintAs gets a token as the App, of its installation with the repository or the organisation.
func (c *Client) mintAs(ctx context.Context, pass ticket, installation int64) (*github.InstallationToken, int64, error) {
	asApp, err := c.asApp(pass.app)
	if err != nil {
		return nil, 0, err
	}
	if installation == 0 {
		found, err := findInstallation(ctx, asApp, pass.place)
		if err != nil {
			return nil, 0, fmt.Errorf("installation of App %d: %w", pass.app, notInstalled(err))
		}
		installation = found.GetID()
	}
	var repositories []int64 // an organisation's runners are no matter of any
	if !pass.isOrganisation() {
		repositories = []int64{pass.id}
	}
	token, err := c.narrowToken(ctx, asApp, installation, pass.purpose, repositories...)
	if err != nil {
		c.forgetInstallation(pass) // it may have been installed anew, as another installation
		return nil, 0, fmt.Errorf("token of App %d: %w", pass.app, err)
	}
	return token, installation, nil
}

func findInstallation(ctx context.Context, asApp *github.Client, where place) (found *github.Installation, err error) {
	if where.isOrganisation() {
		found, _, err = asApp.Apps.FindOrganizationInstallation(ctx, where.owner)
	} else {
		found, _, err = asApp.Apps.FindRepositoryInstallation(ctx, where.owner, where.name)
	}
	return found, err
}

// notInstalled is what a 404 means where an App's installation is asked for.
func notInstalled(err error) error {
	if statusOf(err) == http.StatusNotFound {
		return runner.ErrNotInstalled
	}
	return explain(err)
}

// narrowToken asks for a token that can do what it is for and nothing else, in the repositories given,
// or else in all of the installation.
func (c *Client) narrowToken(ctx context.Context, asApp *github.Client, installation int64, purpose purpose, repositories ...int64) (*github.InstallationToken, error) {
	token, _, err := asApp.Apps.CreateInstallationToken(ctx, installation, &github.InstallationTokenOptions{
		RepositoryIDs: repositories, Permissions: purpose.permissions(),
	})
	if isUngranted(err) {
		permissions, _ := json.Marshal(purpose.permissions())
		return nil, fmt.Errorf("the App may not do what it takes, %s: grant that in the App's settings, and approve it in those of the installation: %w", permissions, runner.ErrDenied)
	}
	if err != nil {
		return nil, explain(err)
	}
	if token.GetToken() == "" || token.ExpiresAt == nil {
		return nil, errors.New("GitHub's answer has no token or no expires_at")
	}
	if err := c.mask.Register(secret.New(token.GetToken()), token.GetExpiresAt().Time); err != nil {
		return nil, fmt.Errorf("token in GitHub's answer: %w", err)
	}
	return token, nil
}

// lookUp is what is known of a token, and of the installation, or 0.
func (c *Client) lookUp(pass ticket) (known access, installation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[pass], c.installed[pass.place]
}

func (c *Client) forgetInstallation(pass ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.installed, pass.place)
}

// forget forgets a token and its installation, unless there is another token by now.
func (c *Client) forget(pass ticket, api *github.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[pass].api == api {
		delete(c.known, pass)
		delete(c.installed, pass.place)
	}
}
