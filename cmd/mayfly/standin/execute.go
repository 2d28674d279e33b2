package standin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// Execute runs the steps of a job in a new directory, each if what became of those before is what it
// asks for, until the context or the job's time ends. It is the job's conclusion; what the steps print
// is the job's log.
func Execute(ctx context.Context, work localhub.Work) (conclusion string) {
	here, err := newPlace()
	if err != nil {
		_, _ = fmt.Fprintf(work.Log, "Error: %v\n", err)
		return localhub.Failure
	}
	defer here.clear()
	ctx, stop := limited(ctx, work.Timeout, lateError{"The job", work.Timeout})
	defer stop()
	run := &execution{place: here, work: work, env: here.environment(os.Environ(), work), conclusion: localhub.Success}
	for n, step := range work.Steps {
		run.step(ctx, n, step)
		if ctx.Err() != nil {
			run.say("Error: %v", stopped(ctx))
			return localhub.Cancelled
		}
	}
	return run.conclusion
}

// execution is a job under way.
type execution struct {
	place
	work       localhub.Work
	env        []string // of the next step
	conclusion string   // if no step were left
}

// say writes a line to the job's log. A job ends by its steps, and not by its log.
func (e *execution) say(format string, args ...any) {
	_, _ = fmt.Fprintf(e.work.Log, format+"\n", args...)
}

// step runs a step, or says why it does not run.
func (e *execution) step(ctx context.Context, n int, step localhub.Step) {
	switch {
	case !e.wants(step):
		if e.conclusion == localhub.Success {
			e.say("Skipped: %s", step.Name)
		}
		return
	case step.NotHere != "":
		e.say("Not run here: %s (%s)", step.Name, step.NotHere)
		return
	}
	e.say("Run %s", step.Name)
	within, stop := limited(ctx, step.Timeout, lateError{"The step", step.Timeout})
	defer stop()
	problem := e.try(within, n, step)
	switch {
	case ctx.Err() != nil || problem == nil:
		return
	case within.Err() != nil:
		problem = stopped(within)
	}
	e.say("Error: %v", problem)
	if !step.ContinueOnError {
		e.conclusion = localhub.Failure
	}
}

// try runs a step, whatever became of those before, and takes over what it wants those after it to have.
func (e *execution) try(ctx context.Context, n int, step localhub.Step) error {
	files, err := e.newFiles(n)
	if err != nil {
		return err
	}
	problem := e.run(ctx, n, step, slices.Concat(e.env, files.variables()), e.work.Log)
	env, err := files.after(e.env)
	if err != nil {
		return cmp.Or(problem, err)
	}
	e.env = env
	return problem
}

// wants says whether a step runs after what became of those before.
func (e *execution) wants(step localhub.Step) bool {
	switch step.When {
	case localhub.Always:
		return true
	case localhub.Never:
		return false
	case localhub.OnFailure:
		return e.conclusion == localhub.Failure
	default:
		return e.conclusion == localhub.Success
	}
}

// lateError is that a time limit has passed, in the words of GitHub's runner.
type lateError struct {
	what  string
	limit time.Duration
}

func (t lateError) Error() string {
	return fmt.Sprintf("%s has exceeded the maximum execution time of %s.", t.what, t.limit)
}

// limited ends a context after a time, if that is not 0.
func limited(ctx context.Context, after time.Duration, cause error) (context.Context, context.CancelFunc) {
	if after == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, after, cause)
}

// errCancelled is that somebody wanted it to stop, in the words of GitHub's runner.
var errCancelled = errors.New("The operation was canceled.") //nolint:staticcheck,revive // a sentence, as GitHub writes it

// stopped is why a context has ended.
func stopped(ctx context.Context) error {
	var late lateError
	if errors.As(context.Cause(ctx), &late) {
		return late
	}
	return errCancelled
}
