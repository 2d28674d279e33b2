// Command agent runs one job on the EC2 instance it is started on, and ends the instance.
//
//	agent                  the life of the instance
//	agent install [ROOT]   write systemd's units of it, below a root that is not this machine's
//
// Its only setting is AWS_EC2_METADATA_SERVICE_ENDPOINT; all else comes from the instance's
// metadata and its bucket. The runner's output goes to stdout, JSON logs go to stderr, both with the
// JIT config masked. It exits with 0 if the runner ran a job, idled out or was interrupted, else with 1.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/shutdown"
	"github.com/mayfly-ci/mayfly/agent/units"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// gcPercent makes the heap a quarter larger than what is alive in it, in the place of Go's double: the
// machine's memory is the job's, and the agent has next to nothing to do.
const gcPercent = 25

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	switch {
	case len(args) == 0:
		return live()
	case args[0] == "install" && len(args) <= 2:
		return install(args[1:])
	}
	fmt.Fprintf(os.Stderr, "agent: unknown arguments %q: use none, or install and a root\n", args)
	return 2
}

func install(root []string) int {
	if err := units.Install(strings.Join(root, "")); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		return 1
	}
	return 0
}

func live() int {
	debug.SetGCPercent(gcPercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Whoever read the output may be gone. That ends no job and no orderly end.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	masker := secret.NewMasker()
	stdout := secret.NewWriter(os.Stdout, masker)
	defer func() { _ = stdout.Close() }() // whoever read it may be gone

	err := agent.Run(ctx, agent.Config{
		Endpoint: os.Getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
		Stdout:   stdout,
		Force:    shutdown.Now,
		Log:      slog.New(secret.NewHandler(slog.NewJSONHandler(os.Stderr, nil), masker)),
		Masker:   masker,
	})
	if err != nil {
		return 1
	}
	return 0
}
