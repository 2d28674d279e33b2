package githubapp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	// GitHub takes an App's JWT for at most ten minutes, and advises to date it back a minute against
	// clocks that differ. Source: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App".
	jwtBack = time.Minute
	jwtLife = 9 * time.Minute
	// renewBefore is how long before its end a token is used no more.
	renewBefore = 5 * time.Minute
	// mintFor is how long it may take to get a token: its caller's context does not end it, for others wait too.
	mintFor = 20 * time.Second
)

// open is a client with a token that is good for a while. However many callers ask at once, one
// token is minted.
func (c *Client) open(ctx context.Context, where scope) (*github.Client, error) {
	opened := c.opening.DoChan(fmt.Sprint(where), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mintFor)
		defer cancel()
		return c.mint(ctx, where)
	})
	select {
	case result := <-opened:
		api, _ := result.Val.(*github.Client)
		return api, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// mint gets a token from the App that covers the scope, and remembers both, unless it has one still.
func (c *Client) mint(ctx context.Context, where scope) (*github.Client, error) {
	known := c.lookUp(where)
	if time.Now().Before(known.until) {
		return known.api, nil
	}
	if known.api == nil {
		var err error
		if known.app, err = c.appOf(ctx, where); err != nil {
			return nil, err
		}
	}
	token, err := c.narrowToken(ctx, known.app, where)
	if err != nil {
		return nil, fmt.Errorf("token of App %d: %w", known.app.id, err)
	}
	known.api, known.until = c.api(token.GetToken()), token.GetExpiresAt().Add(-renewBefore)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[where] = known
	return known.api, nil
}

// narrowToken asks for a token that can do what we do, where we do it, and nothing else.
func (c *Client) narrowToken(ctx context.Context, a app, where scope) (*github.InstallationToken, error) {
	api, err := c.asApp(a)
	if err != nil {
		return nil, err
	}
	token, _, err := api.Apps.CreateInstallationToken(ctx, where.installation, &github.InstallationTokenOptions{
		RepositoryIDs: []int64{where.id},
		Permissions:   &github.InstallationPermissions{Administration: github.String("write")},
	})
	if err != nil {
		return nil, explain(err)
	}
	if token.GetToken() == "" || token.ExpiresAt == nil {
		return nil, errors.New("GitHub's answer has no token or no expires_at")
	}
	return token, nil
}

// appOf is the first App that has the scope's installation. Its error is [runner.ErrRejected] only if
// every App was rejected: otherwise another try may find one.
func (c *Client) appOf(ctx context.Context, where scope) (app, error) {
	var rejected, failed []error
	for _, a := range c.apps {
		err := c.covers(ctx, a, where)
		switch {
		case err == nil:
			return a, nil
		case errors.Is(err, runner.ErrRejected):
			rejected = append(rejected, err)
		default:
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return app{}, errors.Join(failed...)
	}
	return app{}, errors.Join(rejected...)
}

func (c *Client) covers(ctx context.Context, a app, where scope) error {
	api, err := c.asApp(a)
	if err != nil {
		return err
	}
	installation, _, err := api.Apps.FindRepositoryInstallation(ctx, where.owner, where.name)
	if err != nil {
		return fmt.Errorf("installation of App %d: %w", a.id, explain(err))
	}
	if installation.GetID() != where.installation {
		return fmt.Errorf("installation of App %d: it is %d on %s/%s, not %d: %w", a.id, installation.GetID(), where.owner, where.name, where.installation, runner.ErrRejected)
	}
	return nil
}

// asApp is a client that acts as the App itself.
func (c *Client) asApp(a app) (*github.Client, error) {
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(a.id, 10),
		IssuedAt:  jwt.NewNumericDate(now.Add(-jwtBack)),
		ExpiresAt: jwt.NewNumericDate(now.Add(jwtLife)),
		ID:        rand.Text(),
	}).SignedString(a.key)
	if err != nil {
		return nil, fmt.Errorf("the key of App %d cannot sign: give one of 2048 bits or more", a.id)
	}
	return c.api(signed), nil
}

func (c *Client) lookUp(where scope) access {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[where]
}

// forget forgets a token, unless there is another by now.
func (c *Client) forget(where scope, api *github.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[where].api == api {
		delete(c.known, where)
	}
}
