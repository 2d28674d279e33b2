package githubapp

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	// GitHub takes an App's JWT for at most ten minutes, and advises to date it back a minute against
	// clocks that differ. Source: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App".
	jwtBack = time.Minute
	jwtLife = 9 * time.Minute
)

// app is one of the Apps, by its id.
func (c *Client) app(id int64) (app, error) {
	apps := *c.apps.Load()
	if len(apps) == 0 {
		return app{}, runner.ErrNoApp
	}
	i := slices.IndexFunc(apps, func(a app) bool { return a.id == id })
	if i < 0 {
		return app{}, fmt.Errorf("app: %d is not configured, the Apps are %d: %w", id, c.Apps(), runner.ErrDenied)
	}
	return apps[i], nil
}

// asApp is a client that acts as the App itself.
func (c *Client) asApp(id int64) (*github.Client, error) {
	as, err := c.app(id)
	if err != nil {
		return nil, err
	}
	now := c.now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(id, 10),
		IssuedAt:  jwt.NewNumericDate(now.Add(-jwtBack)),
		ExpiresAt: jwt.NewNumericDate(now.Add(jwtLife)),
		ID:        rand.Text(),
	}).SignedString(as.key)
	if err != nil {
		return nil, fmt.Errorf("the key of App %d cannot sign: give one of 2048 bits or more", id)
	}
	if err := c.mask.Register(secret.New(signed), now.Add(jwtLife)); err != nil {
		return nil, fmt.Errorf("JWT of App %d: %w", id, err)
	}
	return c.api(signed, id, ""), nil
}
