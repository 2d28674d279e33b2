package githubapp

import (
	"context"
	"fmt"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Repositories lists all repositories that an App is installed on. It costs a point for every 100 of
// each installation; what the App itself asks is not counted there.
func (c *Client) Repositories(ctx context.Context, app int64) (all []runner.Scope, err error) {
	asApp, err := c.asApp(app)
	if err != nil {
		return nil, fmt.Errorf("repositories of App %d: %w", app, err)
	}
	options := &github.ListOptions{PerPage: perPage, Page: 1}
	for options.Page != 0 {
		installations, response, err := asApp.Apps.ListInstallations(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("installations of App %d: %w", app, explain(err))
		}
		for _, installation := range installations {
			if installation.SuspendedAt != nil {
				continue // its owner lets the App do nothing
			}
			some, err := c.covered(ctx, asApp, app, installation)
			if err != nil {
				return nil, fmt.Errorf("repositories of installation %d of App %d: %w", installation.GetID(), app, err)
			}
			all = append(all, some...)
		}
		options.Page = response.NextPage
	}
	return all, nil
}

// covered lists the repositories of one installation.
func (c *Client) covered(ctx context.Context, asApp *github.Client, app int64, installation *github.Installation) (all []runner.Scope, err error) {
	owner := installation.GetAccount().GetLogin()
	mine := runner.Scope{Installation: installation.GetID(), Repository: runner.Repository{FullName: owner}}
	token, err := c.narrowToken(ctx, asApp, installation.GetID(), listing)
	if err != nil {
		return nil, ownedBy(mine, err)
	}
	api := c.api(token.GetToken(), app, owner)
	options := &github.ListOptions{PerPage: perPage, Page: 1}
	for options.Page != 0 {
		page, response, err := api.Apps.ListRepos(ctx, options)
		if err != nil {
			return nil, ownedBy(mine, explain(err))
		}
		for _, r := range page.Repositories {
			all = append(all, runner.Scope{Installation: mine.Installation, Repository: runner.Repository{ID: r.GetID(), FullName: r.GetFullName()}})
		}
		options.Page = response.NextPage
	}
	return all, nil
}
