// Command mayfly is the operator's program. `mayfly help` lists what it can do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/demo"
	"github.com/mayfly-ci/mayfly/cmd/mayfly/machine"
	"github.com/mayfly-ci/mayfly/cmd/mayfly/standin"
)

const help = `mayfly: one fresh EC2 instance per GitHub Actions job, in your own AWS account.

  mayfly demo       run a workflow on this computer, with no AWS and no GitHub account
      --jobs N          how many jobs, 0 to 256 (8)
      --workflow FILE   run the jobs of a workflow file instead, and show the end of every job's log
      --logs DIR        keep what each job printed, in a file of its own
      --seed N          make the same choices as the demo that printed this seed
      --step 'COMMAND'  run a command as the last step of the first job, and show that job's log
      --faults          let GitHub and AWS fail, by the seed, and show that nothing is lost
      --keep            go on when they are done, until Ctrl-C, and say where a browser sees it
      --listen H:P      take webhooks from outside at host H, port P, signed with
                        $MAYFLY_WEBHOOK_SECRET, of $MAYFLY_ALLOWED_OWNERS (a,b; any)
      --json            print the totals as JSON on stdout, and all else on stderr
  mayfly help       this

started by the demo:
  mayfly machine AGENT   one instance: runs the agent, and ends with everything on it
  mayfly runner          in place of GitHub's runner: runs one job
`

const exitUsage = 2

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	os.Exit(run(ctx, stop, os.Args[1:]))
}

// run does what the arguments ask for, and is the exit code. Stop makes the next signal deadly.
func run(ctx context.Context, stop func(), args []string) int {
	if len(args) == 0 {
		args = []string{"help"}
	}
	switch command, args := args[0], args[1:]; command {
	case "demo":
		context.AfterFunc(ctx, stop) // the second Ctrl-C ends the demo at once, and with it its machines
		return runDemo(ctx, args)
	case "deploy", "destroy", "image":
		return becomeCompanion(append([]string{command}, args...))
	case "machine":
		return runMachine(ctx, args)
	case "runner":
		return standin.Run(ctx, os.Stdout)
	case "help", "-h", "--help":
		fmt.Print(help)
		return 0
	default:
		return misused(fmt.Errorf("there is no command %q; `mayfly help` lists them", command))
	}
}

func runDemo(ctx context.Context, args []string) int {
	flags, err := demo.ParseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(help)
		return 0
	case err != nil:
		return misused(err)
	}
	door, err := demo.ReadDoor(flags, os.Getenv)
	if err != nil {
		return misused(err)
	}
	program, err := os.Executable()
	if err != nil {
		return failed(fmt.Errorf("find this program, to start machines with: %w", err))
	}
	read := os.Stdout
	if flags.JSON {
		read = os.Stderr
	}
	return demo.Run(ctx, demo.Options{Flags: flags, Door: door, Program: program, Out: os.Stdout, Err: os.Stderr, Colour: colourful(read), Size: sized(read)})
}

func runMachine(ctx context.Context, args []string) int {
	if len(args) != 1 {
		return misused(fmt.Errorf("machine takes one argument, the agent's path, and got %d", len(args)))
	}
	code, err := machine.Run(ctx, args[0], os.Stdin)
	if err != nil {
		return failed(err)
	}
	return code
}

// terminal says whether somebody looks at a terminal that does more than print.
func terminal(file *os.File) bool {
	return term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb"
}

// colourful says whether whoever looks wants colours. Source: no-color.org.
func colourful(file *os.File) bool { return terminal(file) && os.Getenv("NO_COLOR") == "" }

// sized is how large a terminal is, each time that it is asked; nil where there is none.
func sized(file *os.File) func() (columns, rows int) {
	if !terminal(file) {
		return nil
	}
	return func() (columns, rows int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil || columns < 2 || rows < 2 {
			return 80, 24
		}
		return columns, rows
	}
}

func misused(err error) int {
	failed(err)
	return exitUsage
}

func failed(err error) int {
	fmt.Fprintf(os.Stderr, "mayfly: %v\n", err)
	return 1
}
