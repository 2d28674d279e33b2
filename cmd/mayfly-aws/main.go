// Command mayfly-aws is the part of mayfly that needs an AWS account: `mayfly deploy` and its like start it.
// It is a program of its own, so that `make demo` never compiles EC2's SDK, which takes minutes.
package main

import (
	"fmt"
	"os"
)

func main() { os.Exit(run(os.Args[1:])) }

// run does what the arguments ask for, and is the exit code.
func run(args []string) int {
	fmt.Fprintf(os.Stderr, "mayfly: there is no command %q; `mayfly help` lists them\n", args)
	return exitUsage
}

const exitUsage = 2
