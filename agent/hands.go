package agent

import (
	"context"
	"net/http"

	"github.com/mayfly-ci/mayfly/agent/docker"
	"github.com/mayfly-ci/mayfly/agent/door"
	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/agent/logs/cloudwatch"
	"github.com/mayfly-ci/mayfly/agent/prepare/machine"
	"github.com/mayfly-ci/mayfly/agent/run"
)

// Hands are what the agent lays on a machine that is its own. The zero value of each is the real thing.
type Hands struct {
	Prepare   func(ctx context.Context, config machine.Config) (machine.Prepared, error)
	LetIn     func(ctx context.Context, runner string, access machine.Access) error // or nobody
	Divide    func(bounds run.Bounds) (*run.Cgroup, error)
	Docker    func(ctx context.Context, plugin http.Handler) error // serves Docker's plugin until the machine ends
	Close     func(ctx context.Context, config door.Config) error
	Listeners func(ssh bool) error
	Refused   func() (packets uint64, err error)
	Store     func(config cloudwatch.Config) logs.Store
	Check     func(ctx context.Context, program string) (said []byte, err error) // runs the checks of an image
}

func (h Hands) orReal() Hands {
	if h.Prepare == nil {
		h.Prepare = machine.Prepare
	}
	if h.LetIn == nil {
		h.LetIn = letIn
	}
	if h.Divide == nil {
		h.Divide = divide
	}
	if h.Docker == nil {
		h.Docker = serveDocker
	}
	if h.Close == nil {
		h.Close = door.Close
	}
	if h.Listeners == nil {
		h.Listeners = door.Listeners
	}
	if h.Refused == nil {
		h.Refused = door.Refused
	}
	if h.Store == nil {
		h.Store = func(config cloudwatch.Config) logs.Store { return cloudwatch.New(config) }
	}
	if h.Check == nil {
		h.Check = runChecks
	}
	return h
}

func letIn(ctx context.Context, runner string, access machine.Access) error {
	step, err := machine.Login(runner, access)
	if err != nil {
		return err
	}
	_, err = machine.Run(ctx, []machine.Step{step}, machine.Exec)
	return err
}

func divide(bounds run.Bounds) (*run.Cgroup, error) {
	own, err := run.OwnCgroup()
	if err != nil {
		return nil, err
	}
	return run.Divide(own, bounds)
}

func serveDocker(ctx context.Context, plugin http.Handler) error {
	_, err := docker.Serve(ctx, docker.Socket, plugin)
	return err
}
