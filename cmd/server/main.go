// Command server is Mayfly's server, on AWS, as a container hosts it: it answers GitHub's webhooks and makes
// the passes. What it is told is in its environment: docs/settings.md.
//
// It listens at once, and says at /readyz what it lacks until it has read the rest from AWS. Its log is
// JSON on stdout. It ends within 20 s of SIGTERM.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/mayfly-ci/mayfly/cmd/server/onaws"
	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func main() {
	if err := run(os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(environment []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	told, err := settings.Read(environment)
	if err != nil {
		return err
	}
	told.Server.Gather = true
	masker := secret.NewMasker()
	log := slog.New(secret.NewHandler(slog.NewJSONHandler(os.Stdout, nil), masker))
	s, err := onaws.New(ctx, told, nil, log, masker)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", told.Listen)
	if err != nil {
		return fmt.Errorf("MAYFLY_LISTEN is %q: %w", told.Listen, err)
	}
	log.Info("listening", "address", listener.Addr().String(), "stack", told.Server.Stack)
	return s.Serve(ctx, listener)
}
