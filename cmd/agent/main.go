// Command agent runs one job on the EC2 instance it is started on, and ends the instance.
//
// Its only setting is AWS_EC2_METADATA_SERVICE_ENDPOINT; all else comes from the instance's
// metadata and its bucket. The runner's output goes to stdout, JSON logs go to stderr, both with the
// JIT config masked. It exits with 0 if the runner ran a job or idled out, else with 1.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/shutdown"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func main() {
	os.Exit(run())
}

func run() int {
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
