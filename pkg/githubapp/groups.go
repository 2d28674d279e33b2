package githubapp

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// groupName is a runner group of an organisation. GitHub's id of it is looked up once, and again where it
// is no good.
type groupName struct {
	place
	name string
}

// Admits asks whether a runner group of its owner takes the jobs of a repository. It costs a point for
// each 100 groups that do, and if it does not one for each 100 that there are. The error is
// [runner.ErrNoGroup], or [runner.ErrBarred]: also for a public repository of which the group takes no
// jobs.
func (c *Client) Admits(ctx context.Context, app int64, repository runner.Scope, group string, isPublic bool) error {
	organisation := runner.Scope{Installation: repository.Installation, Repository: runner.Organisation(repository.Repository.Owner())}
	_, name, _ := strings.Cut(repository.Repository.FullName, "/")
	what := fmt.Sprintf("runner group %q for %s", group, repository.Repository.FullName)
	return c.within(ctx, app, organisation, grouping, what, func(api *github.Client, where place) error {
		found, err := findGroup(ctx, api, where, group, name)
		switch {
		case err != nil:
			return err
		case found != nil && isPublic && !found.GetAllowsPublicRepositories():
			return runner.ErrBarred
		case found != nil:
			c.keepGroup(groupName{where, group}, found.GetID())
			return nil
		}
		if found, err = findGroup(ctx, api, where, group, ""); err == nil {
			err = runner.ErrBarred
			if found == nil {
				err = runner.ErrNoGroup
			}
		}
		return err
	})
}

// findGroup finds a runner group by its name, among all or those that a repository may use; nil if there
// is none.
func findGroup(ctx context.Context, api *github.Client, where place, group, visibleTo string) (*github.RunnerGroup, error) {
	options := &github.ListOrgRunnerGroupOptions{VisibleToRepository: visibleTo, ListOptions: github.ListOptions{PerPage: perPage, Page: 1}}
	for options.Page != 0 {
		page, response, err := api.Actions.ListOrganizationRunnerGroups(ctx, where.owner, options)
		if err != nil {
			return nil, err
		}
		for _, found := range page.RunnerGroups {
			if strings.EqualFold(found.GetName(), group) {
				return found, nil
			}
		}
		options.Page = response.NextPage
	}
	return nil, nil
}

// registerInGroup registers a runner in a group of an organisation. A group that was made anew has
// another id: GitHub then does not know the one that was known.
func (c *Client) registerInGroup(ctx context.Context, api *github.Client, where place, group string, request *github.GenerateJITConfigRequest) (*github.JITRunnerConfig, error) {
	key := groupName{where, group}
	var unknown error // to GitHub
	id := c.groupID(key)
	if id != 0 {
		made, err := inGroup(ctx, api, where, id, request)
		if status := statusOf(err); status != http.StatusNotFound && status != http.StatusUnprocessableEntity {
			return made, err
		}
		unknown = err
	}
	found, err := findGroup(ctx, api, where, group, "")
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fmt.Errorf("runner group %q of %s: %w", group, where.owner, runner.ErrNoGroup)
	case found.GetID() == id:
		return nil, unknown // for another reason
	}
	c.keepGroup(key, found.GetID())
	return inGroup(ctx, api, where, found.GetID(), request)
}

func inGroup(ctx context.Context, api *github.Client, where place, group int64, request *github.GenerateJITConfigRequest) (*github.JITRunnerConfig, error) {
	request.RunnerGroupID = group
	made, _, err := api.Actions.GenerateOrgJITConfig(ctx, where.owner, request)
	return made, err
}

// groupID is GitHub's id of a group as far as it is known, or 0.
func (c *Client) groupID(of groupName) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.groups[of]
}

func (c *Client) keepGroup(of groupName, id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups[of] = id
}
