package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mayfly-ci/mayfly/agent/docker"
	"github.com/mayfly-ci/mayfly/agent/door"
	"github.com/mayfly-ci/mayfly/agent/prepare"
	"github.com/mayfly-ci/mayfly/agent/prepare/machine"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/stock"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// makeMachine makes of the machine what its profile promises.
func (l *life) makeMachine(ctx context.Context) (err error) {
	if !l.ours() {
		return nil
	}
	if err := l.ensureRunner(ctx); err != nil {
		return err
	}
	if l.machine, err = l.Hands.Prepare(ctx, l.wanted()); err != nil {
		return fmt.Errorf("prepare the machine: %w", err)
	}
	return nil
}

const (
	home       = "/home/" + stock.User // the runner's, on every image
	workFolder = "_work"               // the job's, in the runner's own, as every JIT config has it
)

// wanted is what is made of the machine: all that a job writes to has a place, the runner's own directory
// too, for a runner that is older than GitHub likes replaces itself there.
func (l *life) wanted() machine.Config {
	root := filepath.Dir(l.orders.RunnerCommand[0])
	places := []machine.Place{{Path: home, Keep: true}, {Path: "/tmp"}, {Path: "/var/tmp"}, {Path: "/var/lib/docker"}, {Path: "/var/lib/containerd"}}
	if below, err := filepath.Rel(home, root); err != nil || !filepath.IsLocal(below) {
		places = append(places, machine.Place{Path: root, Keep: true})
	}
	return machine.Config{
		Profile: machine.Profile(l.orders.Profile), Runner: stock.User, Work: filepath.Join(root, workFolder), Places: places,
	}
}

// prepare makes the place that the runner runs in. The door is shut last: what is read of the metadata
// is read before.
func (l *life) prepare(ctx context.Context) (err error) {
	l.Log = l.Log.With("runner_name", l.task.RunnerName)
	if !l.ours() {
		l.room, err = prepare.NewRoom()
		return err
	}
	for _, step := range []func(context.Context) error{
		l.takeMachine, l.letIn, l.installHooks, l.judgeDocker, l.followRunner, l.shutDoor,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// takeMachine has the runner be another user, on what was made of the machine, with bounds.
func (l *life) takeMachine(context.Context) (err error) {
	for _, done := range l.machine.Steps {
		l.Log.Info("machine", "step", done.Step, "took", done.Took, "skipped", done.Skipped)
	}
	l.steps.Mark(l.Log, runner.StepMachineReady)
	user := l.machine.Runner
	l.room = prepare.Room{Dir: filepath.Dir(l.orders.RunnerCommand[0]), Home: user.Home, User: user.Name}
	l.user = runAs(user, l.orders.Profile)
	l.cgroup, err = l.Hands.Divide(run.Bounds(l.machine.Limits))
	if err != nil {
		return fmt.Errorf("a cgroup for the runner: %w", err)
	}
	return nil
}

// runAs is the runner's user for a process. What a build copies into an image is often for another user
// there, so compat lets others read, as GitHub's own images do.
func runAs(user machine.User, profile assignment.Profile) *run.User {
	as := &run.User{UID: id(user.UID), GID: id(user.GID)}
	for _, group := range user.GIDs {
		as.Groups = append(as.Groups, id(group))
	}
	if profile == assignment.Compat {
		as.Umask = 0o022
	}
	return as
}

func id(number int) uint32 { return uint32(number) }

// access is who may log in: nobody, unless the stack and the job's label let them.
func (l *life) access() machine.Access {
	return machine.Access{Allowed: l.orders.SSH && len(l.task.SSHKeys) > 0, By: l.task.SSHBy, Keys: l.task.SSHKeys}
}

// letIn opens sshd to those whom the assignment names, if the stack lets anybody in.
func (l *life) letIn(ctx context.Context) error {
	access := l.access()
	if access.Allowed {
		l.Log.Warn("people may log in to this machine", "by", access.By, "keys", len(access.Keys))
	}
	if err := l.Hands.LetIn(ctx, l.machine.Runner.Name, access); err != nil {
		return fmt.Errorf("ssh: %w", err)
	}
	return nil
}

// judgeDocker answers Docker's questions, in hardened.
func (l *life) judgeDocker(ctx context.Context) error {
	if l.orders.Profile != assignment.Hardened {
		return nil
	}
	if slices.Contains(l.machine.Runner.Groups, docker.Group) {
		if err := docker.Asks(l.Root + docker.DaemonFile); err != nil {
			return err
		}
	}
	work, asked := l.wanted().Work, l.orders.Docker
	policy, err := docker.NewPolicy(docker.Policy{
		Mounts: []string{filepath.Dir(work), work, home, "/tmp", "/var/tmp"},
		Socket: asked.Socket, Builds: asked.Builds, Images: asked.Images,
		MaxMemory: asked.MaxMemory, MaxCPUs: asked.MaxCPUs, MaxPIDs: asked.MaxPIDs,
	})
	if err != nil {
		return fmt.Errorf("user data: docker: %w", err)
	}
	return l.Hands.Docker(context.WithoutCancel(ctx), docker.NewPlugin(policy, l.Log))
}

// shutDoor closes the metadata to the job, and sees that nothing else lets anybody in.
func (l *life) shutDoor(ctx context.Context) error {
	err := l.Hands.Close(ctx, door.Config{
		Mode: door.Mode(l.orders.Door), Runner: l.machine.Runner.UID,
		Instance: l.instance.ID, Region: l.instance.Region, Credentials: l.credentials, Transport: l.Transport,
	})
	if err != nil {
		return fmt.Errorf("the metadata's door: %w", err)
	}
	if err := l.Hands.Listeners(l.access().Allowed); err != nil {
		return err
	}
	l.steps.Mark(l.Log, runner.StepDoorClosed)
	return nil
}
