package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/mayfly-ci/mayfly/agent/prepare"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/watch"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// neverStarted is the exit code of a runner that was never started.
const neverStarted = -1

// prepare makes the place that the runner runs in.
func (l *life) prepare(ctx context.Context) (err error) {
	if err := l.ensureRunner(ctx); err != nil {
		return err
	}
	if err := l.installHooks(); err != nil {
		return err
	}
	l.room, err = prepare.NewRoom()
	return err
}

// command is the runner, ready to start.
func (l *life) command(output io.Writer) run.Command {
	env := prepare.Environment(os.Environ(), l.room, l.task.JITConfig)
	return run.Command{
		Args:   l.runnerCommand(),
		Env:    slices.Concat(env, []string{run.VersionVariable + "=1"}, l.hooks.Variables(l.task.Repository, l.cgroup)),
		Dir:    l.room.Dir,
		Out:    output,
		User:   l.user,
		Cgroup: l.cgroup,
	}
}

// run runs the runner to its end, and judges how it ended.
func (l *life) run(ctx context.Context) error {
	watched, guard := watch.Begin(ctx, watch.Limits{MaxIdle: l.task.MaxIdle, MaxRuntime: l.task.MaxRuntime}, l.failStep)
	spotWatched := l.watchSpot(watched, guard)
	defer func() { guard.End(); <-spotWatched }()
	output := run.NewOutput(l.Stdout, func(state run.State) { l.reached(state, guard) }, func() { l.updating(guard) })
	tookJob := func() bool { return output.State() >= run.JobStarted }
	l.steps.Mark(l.Log, runner.StepRunnerStarted)
	l.tellJob()
	code, err := run.Keep(watched, l.Start, l.command(output), tookJob, l.Log)
	output.Close()
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	l.last.ExitCode, l.last.TookJob, l.last.Result = code, tookJob(), output.Result()
	stopped := context.Cause(watched)
	l.Log.Info("runner exited", "exit_code", code, "took_job", l.last.TookJob, "result", l.last.Result, "stopped", stopped)
	return l.verdict(stopped, output.Complaint())
}

// verdict says whether the life was well spent: a job was run, or none came.
func (l *life) verdict(stopped error, complaint string) error {
	if stopped != nil {
		l.problem(stopped)
	}
	switch {
	case l.last.TookJob, errors.Is(stopped, watch.ErrIdle), errors.Is(stopped, watch.ErrInterrupted):
		return nil
	case stopped != nil:
		return fmt.Errorf("run: the runner was stopped before it took a job: %w", stopped)
	}
	why := errors.New(run.Meaning(l.last.ExitCode, complaint))
	l.problem(why)
	return fmt.Errorf("run: the runner exited with code %d before it took a job: %w", l.last.ExitCode, why)
}

// updating notes that the runner updates itself, which costs its job time: the image has an old one.
func (l *life) updating(guard *watch.Watch) {
	guard.Updating()
	l.last.Updates++
	l.Log.Warn("the runner updates itself: build the image again, with the newest one", "updates", l.last.Updates)
}

// reached passes on what the runner's output told: to the watch, to the log, to the server.
func (l *life) reached(state run.State, guard *watch.Watch) {
	switch state {
	case run.Starting: // is told to nobody
	case run.Listening:
		guard.Listening()
		l.steps.Mark(l.Log, runner.StepListening)
		l.tellJob()
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
