// Command mayfly-aws is the part of mayfly that needs an AWS account: `mayfly deploy` and its like start it.
// It is a program of its own, so that `make demo` never compiles EC2's SDK, which takes minutes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/image"
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
	switch command := args[0]; command {
	case "image":
		return image.App{Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}.Run(ctx, args[1:])
	default:
		fmt.Fprintf(os.Stderr, "mayfly: there is no command %q; `mayfly help` lists them\n", command)
		return exitUsage
	}
}

const exitUsage = 2
