// Package agent is what runs on an instance. It takes the instance's one assignment, runs GitHub's
// runner for one job, and ends the instance, whatever happens. [Run] reads as the sequence:
//
//	boot      which instance this is, when it booted, what it is to do
//	prepare   the machine, while the assignment is waited for; then the runner's place on it
//	door      the metadata, closed to the job
//	run       the runner, and what its output tells
//	watch     no longer than it may
//	report    what happened, as objects in the bucket
//	shutdown  the end of the instance
//
// What it changes on the machine it does only if the user data has a profile: there is none in the
// demo, whose instances are processes on somebody's laptop. machine.go and ready.go are all of that.
//
// Nothing here listens, and nothing talks to the server: there is the metadata, there is the bucket.
package agent

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/shutdown"
	"github.com/mayfly-ci/mayfly/agent/stock"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Config is what an agent is made of. The zero value of each field is the real thing.
type Config struct {
	Root      string            // of the machine's files; "" is the machine's own
	Endpoint  string            // of the instance's metadata, as AWS_EC2_METADATA_SERVICE_ENDPOINT has it
	Transport http.RoundTripper // to the metadata and the bucket; nil is the network, with no proxy
	Start     run.Start         // starts the runner; nil is [run.Exec]
	PowerOff  shutdown.PowerOff // runs the power-off command; nil is [shutdown.Exec]
	Force     shutdown.Force    // ends an EC2 instance that the command did not end; nil is nothing
	Tool      stock.Tool        // installs what an image lacks; nil is [stock.Exec]
	Hands     Hands             // do all else to the machine
	Logs      *logs.Logs        // hold what Log was told, until it is known where that is to go; nil is nobody
	Stdout    io.Writer         // where the runner's output goes; nil is nowhere
	Log       *slog.Logger      // nil is [slog.Default]
	Masker    *secret.Masker    // is told the JIT config before it is used; nil is nobody
}

// Run is the life of the instance. Its error, already logged, says why no job was run; a runner
// that idled out is no error. Before it returns, the instance has been told to power off.
func Run(ctx context.Context, config Config) (err error) {
	l := begin(config)
	defer func() { err = l.end(ctx, recover(), err) }()

	if err := l.boot(ctx); err != nil {
		return fmt.Errorf("boot: %w", err)
	}
	if l.orders.TestBoot {
		return l.tryImage(ctx)
	}
	// The machine is prepared while the assignment is waited for. Whichever fails first ends the other.
	both, together := errgroup.WithContext(ctx)
	both.Go(func() error { return l.makeMachine(together) })
	taken := l.takeAssignment(together)
	both.Go(func() error { return taken })
	if err := both.Wait(); err != nil {
		return err
	}
	if err := l.prepare(ctx); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return l.run(ctx)
}
