package localhub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Runner behaves as GitHub's ephemeral runner does: it connects with a JIT config, prints what
// GitHub's listener prints, runs one job, and ends.
type Runner struct {
	Client *http.Client // nil is [http.DefaultClient]
	Out    io.Writer    // gets the listener's lines
	// Execute runs the steps of a job and is its conclusion: Success, Failure or Cancelled. Its
	// context ends when the runner is told to stop, or its job is cancelled.
	Execute func(ctx context.Context, work Work) (conclusion string)
}

// Work is a job as it is to be executed.
type Work struct {
	JobID   int64
	Name    string
	Env     map[string]string
	Timeout time.Duration // of the steps in all; 0 is none
	Steps   []Step
	Log     io.Writer // uploads to the job's log, one request a write
}

// results says a conclusion as GitHub's listener does.
var results = map[string]string{Success: "Succeeded", Failure: "Failed", Cancelled: "Canceled"}

// Run runs one job and is the exit code of the process: 0 after a job, whatever its conclusion, and
// when the context or its time ends while the runner listens; 1 if the hub refuses the runner or is not there.
// A job that was cut short by the end of the context has failed. Source: github.com/actions/runner,
// src/Runner.Worker/StepsRunner.cs, since pull request 1792.
func (r Runner) Run(ctx context.Context, encodedJITConfig string) (exitCode int) {
	if err := r.run(ctx, encodedJITConfig); err != nil {
		r.say("An error occurred: %v", err)
		return 1
	}
	return 0
}

func (r Runner) run(ctx context.Context, encodedJITConfig string) error {
	config, err := decodeJITConfig(encodedJITConfig)
	if err != nil {
		return err
	}
	hub := session{client: r.Client, url: config.URL + runnerPath, bearer: config.bearer()}
	if err := hub.open(ctx); err != nil {
		return err
	}
	defer hub.close(ctx)
	r.say("\n√ Connected to GitHub\n")
	r.sayAt("Listening for Jobs")
	job, err := hub.job(ctx)
	if err != nil && ctx.Err() != nil {
		r.say("Exiting...")
		return nil
	}
	if errors.Is(err, errExpired) {
		r.sayAt("The runner registration has expired")
		return nil
	}
	if err != nil {
		return err
	}
	return r.runJob(ctx, &hub, job)
}

func (r Runner) runJob(ctx context.Context, hub *session, job work) error {
	r.sayAt("Running job: %s", job.Name)
	conclusion := r.execute(ctx, hub, Work{JobID: job.JobID, Name: job.Name, Env: job.Env, Timeout: job.Timeout, Steps: job.Steps, Log: logWriter{ctx, hub}})
	if conclusion == Cancelled && ctx.Err() != nil {
		conclusion = Failure // nobody cancelled the job: the runner was told to stop
	}
	if results[conclusion] == "" {
		return fmt.Errorf("the conclusion of job %q is %q: it must be success, failure or cancelled", job.Name, conclusion)
	}
	if err := hub.complete(ctx, conclusion); err != nil {
		return errors.Join(fmt.Errorf("job %q ended as %s", job.Name, conclusion), err)
	}
	r.sayAt("Job %s completed with result: %s", job.Name, results[conclusion])
	return nil
}

// execute executes a job until it ends, or its hub says that it is to stop.
func (r Runner) execute(ctx context.Context, hub *session, work Work) (conclusion string) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		hub.stopped(ctx)
		cancel()
	})
	defer watching.Wait()
	defer cancel()
	return r.Execute(ctx, work)
}

// sayAt prints a line with the time in front, as GitHub's listener writes it.
func (r Runner) sayAt(format string, args ...any) {
	r.say(time.Now().UTC().Format("2006-01-02 15:04:05Z")+": "+format, args...)
}

func (r Runner) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Out, format+"\n", args...) // a runner works on where nobody reads
}
