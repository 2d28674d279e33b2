package githubapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	// defaultGroup is the id of the one runner group that a repository has.
	defaultGroup = 1
	// workFolder is where a runner works, below its own folder: the name that config.sh proposes.
	workFolder = "_work"
	// perPage is the most that GitHub gives at once.
	perPage = 100
	// jitMasked is how long a JIT config is masked. Its caller puts it into the bucket within seconds, and
	// there are too many to mask them for as long as they are good.
	jitMasked = time.Minute
)

// JITConfig registers a runner with exactly the class's labels, and is GitHub's id of it and the
// right to run as it, base64. It costs 5 points, and now and then one more to find the runner group. The
// error is [runner.ErrNameTaken] if the name is in use, [runner.ErrRejected] if another try would change
// nothing, and [runner.ErrDenied], [runner.ErrGone] or [runner.ErrNoGroup] if that takes somebody to mend
// something first.
func (c *Client) JITConfig(ctx context.Context, app int64, class runner.Class, name string) (id int64, config secret.Text, err error) {
	request := &github.GenerateJITConfigRequest{
		Name: name, RunnerGroupID: defaultGroup, Labels: class.Labels, WorkFolder: github.String(workFolder),
	}
	scope := scopeOf(class)
	err = c.within(ctx, app, scope, registeringIn(scope), "JIT config of "+name, func(api *github.Client, where place) error {
		made, err := c.register(ctx, api, where, class.Group, request)
		if err != nil {
			return err
		}
		id, config = made.GetRunner().GetID(), secret.New(made.GetEncodedJITConfig())
		if id == 0 || config.Empty() {
			return errors.New("GitHub's answer has no runner.id or no encoded_jit_config")
		}
		if err := c.mask.Register(config, time.Now().Add(jitMasked)); err != nil {
			return fmt.Errorf("encoded_jit_config in GitHub's answer: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, secret.Text{}, err
	}
	return id, config, nil
}

// register registers a runner in a repository, or in a runner group of an organisation.
func (c *Client) register(ctx context.Context, api *github.Client, where place, group string, request *github.GenerateJITConfigRequest) (*github.JITRunnerConfig, error) {
	if where.isOrganisation() {
		return c.registerInGroup(ctx, api, where, group, request)
	}
	made, _, err := api.Actions.GenerateRepoJITConfig(ctx, where.owner, where.name, request)
	return made, err
}

// Runners lists the runners that are registered in a repository or in an organisation, of all labels,
// also those that are not ours. It costs a point for every 100.
func (c *Client) Runners(ctx context.Context, app int64, scope runner.Scope) (all []runner.Registered, err error) {
	err = c.within(ctx, app, scope, registeringIn(scope), "runners of "+scope.Repository.FullName, func(api *github.Client, where place) error {
		options := &github.ListRunnersOptions{ListOptions: github.ListOptions{PerPage: perPage}}
		for {
			page, response, err := runnersOn(ctx, api, where, options)
			if err != nil {
				return err
			}
			for _, r := range page.Runners {
				all = append(all, registered(r))
			}
			if response.NextPage == 0 {
				return nil
			}
			options.Page = response.NextPage
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func runnersOn(ctx context.Context, api *github.Client, where place, page *github.ListRunnersOptions) (*github.Runners, *github.Response, error) {
	if where.isOrganisation() {
		return api.Actions.ListOrganizationRunners(ctx, where.owner, page)
	}
	return api.Actions.ListRunners(ctx, where.owner, where.name, page)
}

func registered(r *github.Runner) runner.Registered {
	ours := runner.Registered{ID: r.GetID(), Name: r.GetName(), Online: r.GetStatus() == "online", Busy: r.GetBusy()}
	for _, label := range r.Labels {
		ours.Labels = append(ours.Labels, label.GetName())
	}
	return ours
}

// Remove removes a runner. One that is gone already is no error; one that runs a job is left alone,
// and [runner.ErrBusy]. It costs 5 points.
func (c *Client) Remove(ctx context.Context, app int64, scope runner.Scope, id int64) error {
	what := fmt.Sprintf("removal of runner %d", id)
	return c.within(ctx, app, scope, registeringIn(scope), what, func(api *github.Client, where place) error {
		err := remove(ctx, api, where, id)
		switch statusOf(err) {
		case http.StatusNotFound:
			return nil
		case http.StatusUnprocessableEntity:
			return runner.ErrBusy
		}
		return err
	})
}

func remove(ctx context.Context, api *github.Client, where place, id int64) (err error) {
	if where.isOrganisation() {
		_, err = api.Actions.RemoveOrganizationRunner(ctx, where.owner, id)
	} else {
		_, err = api.Actions.RemoveRunner(ctx, where.owner, where.name, id)
	}
	return err
}
