package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mayfly-ci/mayfly/agent/prepare"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/watch"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// neverStarted is the exit code of a runner that was never started.
const neverStarted = -1

// prepare makes the runner's directory.
func (l *life) prepare() (err error) {
	l.room, err = prepare.NewRoom()
	return err
}

// command is the runner, ready to start.
func (l *life) command(output io.Writer) run.Command {
	return run.Command{
		Args: l.orders.RunnerCommand,
		Env:  prepare.Environment(os.Environ(), l.room, l.task.JITConfig),
		Dir:  l.room.Dir,
		Out:  output,
	}
}

// run runs the runner to its end, and judges how it ended.
func (l *life) run(ctx context.Context) error {
	watched, guard := watch.Begin(ctx, watch.Limits{MaxIdle: l.task.MaxIdle, MaxRuntime: l.task.MaxRuntime})
	defer guard.End()
	output := run.NewOutput(l.Stdout, func(state run.State) { l.reached(state, guard) })
	l.steps.Mark(l.Log, runner.StepRunnerStarted)
	code, err := l.Start(watched, l.command(output))
	output.Close()
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	l.last.ExitCode, l.last.TookJob = code, output.State() >= run.JobStarted
	stopped := context.Cause(watched)
	l.Log.Info("runner exited", "exit_code", code, "took_job", l.last.TookJob, "stopped", stopped)
	return l.verdict(stopped)
}

// verdict says whether the life was well spent: a job was run, or none came.
func (l *life) verdict(stopped error) error {
	if stopped != nil {
		l.problem(stopped)
	}
	switch {
	case l.last.TookJob, errors.Is(stopped, watch.ErrIdle):
		return nil
	case stopped != nil:
		return fmt.Errorf("run: the runner was stopped before it took a job: %w", stopped)
	}
	return fmt.Errorf("run: the runner exited with code %d before it took a job", l.last.ExitCode)
}

// reached passes on what the runner's output told: to the watch, to the log, to the server.
func (l *life) reached(state run.State, guard *watch.Watch) {
	switch state {
	case run.Starting: // is told to nobody
	case run.Listening:
		guard.Listening()
		l.steps.Mark(l.Log, runner.StepListening)
		l.sender.Send(assignment.Report{Kind: assignment.Listening, Timings: l.steps.All()})
	case run.JobStarted:
		guard.JobStarted()
		l.steps.Mark(l.Log, runner.StepJobStarted)
		l.sender.Send(assignment.Report{Kind: assignment.Started, Timings: l.steps.All()})
	case run.JobDone:
		guard.JobDone()
		l.steps.Mark(l.Log, runner.StepJobDone)
	}
}
