// Command mayfly-aws is the part of mayfly that needs an AWS account: `mayfly deploy` and its like start it.
// It is a program of its own, so that `make demo` never compiles EC2's SDK, which takes minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"

	"github.com/mayfly-ci/mayfly/cloudformation"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/destroy"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/image"
	"github.com/mayfly-ci/mayfly/pkg/outbound"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run does what the arguments ask for, and is the exit code.
func run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		args = []string{""}
	}
	var err error
	switch command, args := args[0], args[1:]; command {
	case "deploy":
		err = runDeploy(ctx, args)
	case "destroy":
		err = runDestroy(ctx, args)
	case "image":
		err = image.App{Out: os.Stdout, Getenv: os.Getenv}.Run(ctx, args)
	default:
		err = console.Misuse(fmt.Errorf("there is no command %q; `mayfly help` lists them", command))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "mayfly: %v\n", err)
	}
	return console.Exit(err)
}

func runDeploy(ctx context.Context, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to find what it deploys beside it: %w", err)
	}
	flags, err := deploy.ParseFlags(args, filepath.Dir(self))
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(deploy.Usage)
		return nil
	}
	if err != nil {
		return err
	}
	client, err := outbound.New(outbound.Config{})
	if err != nil {
		return console.Misuse(err)
	}
	return deploy.Program{Console: terminal(), Template: cloudformation.Template, GitHub: client, Docker: deploy.Docker}.Run(ctx, flags)
}

func runDestroy(ctx context.Context, args []string) error {
	flags, err := destroy.ParseFlags(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(destroy.Usage)
		return nil
	}
	if err != nil {
		return err
	}
	return destroy.Program{Console: terminal()}.Run(ctx, flags)
}

// terminal is whoever started the program. Who reads a pipe is not asked.
func terminal() console.Console {
	return console.Console{In: os.Stdin, Out: os.Stdout, Asks: term.IsTerminal(int(os.Stdin.Fd()))}
}
